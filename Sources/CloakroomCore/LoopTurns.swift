public import NIOCore

/// The turns in which a loop does something beside calls. Those that begin before the loop has looked at its sockets
/// again share one budget, as what one does may be what has the next begin; what is left then goes on afterwards.
///
/// Bound to its loop.
public final class LoopTurns {
  /// Does something when the loop has looked at its sockets; nil once nothing is to be put off any more.
  private var later: ((@escaping () -> Void) -> Void)?
  private var budget = TurnBudget()
  private var isAsked = false

  /// - Parameter later: does something when the loop has looked at its sockets.
  public init(later: @escaping (@escaping () -> Void) -> Void) { self.later = later }

  /// A turn begins.
  public func begin(at now: NIODeadline = .now()) { budget.takeUp(at: now) }

  /// Whether a turn has had its time; never once nothing is put off any more.
  public func isOver(at now: @autoclosure () -> NIODeadline = .now()) -> Bool {
    later != nil && budget.isOver(at: now())
  }

  /// A turn ends.
  ///
  /// - Parameters:
  ///   - hasMore: whether something is left.
  ///   - goOn: goes on with what is left by then, if anything is; it begins a turn.
  public func end(hasMore: Bool, at now: NIODeadline = .now(), goOn: @escaping () -> Void) {
    let isLow = budget.putDown(at: now)
    guard isLow || hasMore, !isAsked, let later else { return }
    isAsked = true
    later {
      self.isAsked = false
      self.budget = TurnBudget()
      goOn()
    }
  }

  /// Nothing is put off any more.
  public func close() { later = nil }
}
