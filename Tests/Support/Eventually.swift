internal import Glibc

/// Asks again and again until the answer is yes, or the patience is at its end.
///
/// - Returns: whether the answer was yes.
@discardableResult
public func eventually(
  within patience: Duration = .seconds(10), _ condition: () throws -> Bool
) rethrows -> Bool {
  let deadline = ContinuousClock.now + patience
  while true {
    if try condition() { return true }
    guard ContinuousClock.now < deadline else { return false }
    usleep(3000)
  }
}

/// Asks again and again until the answer is yes.
///
/// - Throws: `WaitedInVain` when the patience is at its end.
public func eventually(
  that what: String, within patience: Duration = .seconds(20),
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + patience
  while !(try await condition()) {
    guard ContinuousClock.now < end else { throw WaitedInVain(description: what) }
    try await Task.sleep(for: .milliseconds(3))
  }
}

/// Something that a test waited for did not come about.
public struct WaitedInVain: Error, CustomStringConvertible {
  /// What was waited for.
  public let description: String
}
