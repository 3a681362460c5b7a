/// Something that does one call after the other, as a test understands it: what concurrent calls are
/// held against.
public protocol SequentialModel: Hashable {
  /// A call with what its caller was told.
  associatedtype Call

  /// The states that it may be in once a call is done that was answered as this one was; none when that
  /// can't be the answer here.
  ///
  /// - Parameter earliest: the call is not done before that time: others, which were done before it,
  ///   began only then.
  func states(after call: TimedCall<Call>, notBefore earliest: Int64) -> [Self]
}

/// A call, and between which times it was done.
public struct TimedCall<Call> {
  /// The call, and what its caller was told.
  public let call: Call
  /// When it was sent, in microseconds of some clock.
  public let invokedAt: Int64
  /// When its answer was there; nil for a call that may be done at any later time, or never.
  public let answeredAt: Int64?

  /// Describes a call.
  public init(_ call: Call, invokedAt: Int64, answeredAt: Int64?) {
    self.call = call
    self.invokedAt = invokedAt
    self.answeredAt = answeredAt
  }
}

/// Tells whether concurrent calls were answered as if each had been done at one moment between its
/// request and its answer (Herlihy and Wing, 1990).
///
/// It looks for such an order, with the algorithm of Wing and Gong (1993), and never looks twice into
/// what can follow the same calls in the same state (Lowe, 2017). At most 64 calls.
public struct LinearizabilityChecker<Model: SequentialModel> {
  /// What it has found.
  public enum Verdict: Equatable {
    /// There is an order.
    case linearizable
    /// There is none; the numbers of the calls in the longest order that explains so many.
    case notLinearizable(longest: [Int])
    /// There are more states than it looks at.
    case undecided
  }

  private struct Node: Hashable {
    let done: UInt64
    let state: Model
  }

  private let history: [TimedCall<Model.Call>]
  private let limit: Int
  private let required: UInt64
  private var seen: Set<Node> = []
  private var path: [Int] = []
  private var longest: [Int] = []

  private init(_ history: [TimedCall<Model.Call>], limit: Int) {
    self.history = history
    self.limit = limit
    required = history.indices.reduce(0) {
      history[$1].answeredAt == nil ? $0 : $0 | 1 << UInt64($1)
    }
  }

  /// Checks a history that begins in a state.
  ///
  /// - Parameter limit: how many states it looks at.
  public static func check(
    _ history: [TimedCall<Model.Call>], from start: Model, limit: Int = 100_000
  ) -> Verdict {
    guard history.count <= UInt64.bitWidth else { return .undecided }
    var checker = Self(history, limit: limit)
    if checker.search(done: 0, earliest: .min, start) { return .linearizable }
    if checker.seen.count >= limit { return .undecided }
    return .notLinearizable(longest: checker.longest)
  }

  /// Whether the calls that are not yet done can be done in some order.
  private mutating func search(done: UInt64, earliest: Int64, _ state: Model) -> Bool {
    if done & required == required { return true }
    guard seen.count < limit, seen.insert(Node(done: done, state: state)).inserted else {
      return false
    }
    if path.count > longest.count { longest = path }
    let rest = history.indices.filter { done & 1 << UInt64($0) == 0 }
    // Whatever was sent only after one of these was answered was not done before it.
    let firstAnswer = rest.reduce(Int64.max) { min($0, history[$1].answeredAt ?? .max) }
    for index in rest where history[index].invokedAt <= firstAnswer {
      let call = history[index]
      let earliest = max(earliest, call.invokedAt)
      path.append(index)
      for next in state.states(after: call, notBefore: earliest)
      where search(done: done | 1 << UInt64(index), earliest: earliest, next) {
        return true
      }
      path.removeLast()
    }
    return false
  }
}
