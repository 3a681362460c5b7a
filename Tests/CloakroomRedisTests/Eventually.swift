import Testing

/// Waits until something holds; a test that waits in vain fails.
func eventually(
  within patience: Duration = .seconds(20), _ what: String,
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + patience
  while !(try await condition()) {
    try #require(ContinuousClock.now < end, "waited in vain: \(what)")
    try await Task.sleep(for: .milliseconds(2))
  }
}
