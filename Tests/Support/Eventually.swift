internal import Glibc
internal import Testing

/// Asks again and again until the answer is yes. A test that waits in vain fails, whatever it does
/// with the answer.
///
/// - Returns: whether the answer was yes.
@discardableResult
public func eventually(
  _ what: String = "a condition", within patience: Duration = .seconds(20),
  fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ condition: () throws -> Bool
) rethrows -> Bool {
  let isSo = try becomesTrue(within: patience, condition)
  if !isSo {
    Issue.record(
      "waited in vain for \(what)",
      sourceLocation: SourceLocation(
        fileID: fileID, filePath: filePath, line: line, column: column))
  }
  return isSo
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

/// Asks again and again until the answer is yes, or the patience is at its end: for what may also
/// stay as it is.
///
/// - Returns: whether the answer was yes.
public func becomesTrue(within patience: Duration, _ condition: () throws -> Bool) rethrows -> Bool
{
  let deadline = ContinuousClock.now + patience
  while true {
    if try condition() { return true }
    guard ContinuousClock.now < deadline else { return false }
    usleep(3000)
  }
}

/// Something that a test waited for did not come about.
public struct WaitedInVain: Error, CustomStringConvertible {
  /// What was waited for.
  public let description: String
}
