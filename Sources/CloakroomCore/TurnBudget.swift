public import NIOCore

/// How long something that a loop does beside calls goes on before the loop looks at its sockets again; what is left
/// then is for another turn.
public struct TurnBudget: Sendable {
  private static let time = TimeAmount.milliseconds(1)

  private let end: NIODeadline

  /// A turn that begins.
  public init(from now: NIODeadline = .now()) { end = now + Self.time }

  /// Whether it has had its time.
  public func isOver(at now: NIODeadline = .now()) -> Bool { now >= end }
}
