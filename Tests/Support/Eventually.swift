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
