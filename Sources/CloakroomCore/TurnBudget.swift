public import NIOCore

/// How long something that a loop does beside calls goes on before the loop looks at its sockets again, in one turn or
/// in several; what is left then is for another time.
public struct TurnBudget: Sendable {
  private static let time = TimeAmount.milliseconds(1)

  /// When it is over, unless it is put down before.
  private var end: NIODeadline
  /// What was left when it was put down.
  private var left = time

  /// A turn that begins.
  public init(from now: NIODeadline = .now()) { end = now + Self.time }

  /// Whether it has had its time.
  public func isOver(at now: NIODeadline = .now()) -> Bool { now >= end }

  /// Ends a turn; the next one before the loop looks at its sockets has what is left.
  ///
  /// - Returns: whether so much is gone that the loop should be asked to look, and for a new budget then.
  public mutating func putDown(at now: NIODeadline = .now()) -> Bool {
    left = max(end - now, .zero)
    return left + left < Self.time
  }

  /// Begins such a turn.
  public mutating func takeUp(at now: NIODeadline = .now()) { end = now + left }
}
