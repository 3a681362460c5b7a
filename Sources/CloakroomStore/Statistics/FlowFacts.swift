/// The latest facts of one session, numbered from 1 in the order in which they became true.
package struct FlowFacts: Sendable, Hashable {
  /// How many are kept at most. What is counted late, and was not kept, is missing in the numbers.
  package static let limit = 64
  /// How long after a session's end it is looked whether all of its facts are counted, in milliseconds.
  package static let lookDelayMs: Int64 = 60_000

  /// More than a session can have: Redis' scripts count on from the number of one.
  private static let mostNumbers: Int64 = 1 << 52

  /// The number of the latest; 0 when there is none.
  package private(set) var last: Int64 = 0
  /// The latest, in order.
  package private(set) var recent: [FlowFact] = []

  /// No facts.
  package init() {}

  /// The number of the first that is kept.
  package var first: Int64 { last &- Int64(recent.count) &+ 1 }

  /// Appends what has become true.
  ///
  /// - Parameter now: when, in milliseconds since 1970 by the store's clock.
  package mutating func append(_ event: FlowFact.Event, at now: Int64) {
    recent.append(FlowFact(event, at: now))
    last &+= 1
    if recent.count > Self.limit { recent.removeFirst(recent.count - Self.limit) }
  }

  /// None, to go on with under another id.
  package func restarted() -> FlowFacts { FlowFacts() }

  /// Those with a number higher than one.
  package func later(than number: Int64) -> FlowFacts {
    var later = self
    let count = max(0, min(Int64(recent.count), last &- number))
    later.recent = recent.suffix(Int(count))
    return later
  }

  // MARK: As text

  /// The number of the first and all facts, with `;` between them; nil when there are none.
  package var text: String? {
    guard !recent.isEmpty else { return nil }
    return "\(first);" + recent.map(\.text).joined(separator: ";")
  }

  /// Reads facts. A text that is none has none.
  package init(_ text: String) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    guard let number = parts.first.flatMap({ Int64($0) }), (1..<Self.mostNumbers).contains(number)
    else { return }
    let facts = parts.dropFirst().suffix(Self.limit).compactMap { FlowFact($0) }
    guard facts.count == parts.count - 1 else { return }
    recent = facts
    last = number &+ Int64(facts.count) &- 1
  }
}
