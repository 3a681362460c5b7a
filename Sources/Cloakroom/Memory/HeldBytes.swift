internal import CloakroomObservability

/// How many bytes of memory a client has the sidecar hold, by what for.
struct HeldBytes: Equatable {
  /// What a call under way is taken to cost beside its request, in bytes.
  static let perCall = 256
  /// What a call that takes several steps costs more, in bytes: its task, its timers and its waiter.
  static let perProcedure = 3 << 10
  /// The same for one that is one step, taken until it comes to something.
  static let perRepeatedCall = 1 << 10
  /// What a subscription to events is taken to cost beside its pattern, in bytes.
  static let perSubscription = 2 << 10

  /// Requests that are half read, wait for their turn, or are under way.
  var requests = 0
  /// Replies that are gathered, or were not read.
  var replies = 0
  /// What calls under way take beside their requests.
  var calls = 0
  /// Subscriptions to events, and their patterns.
  var subscriptions = 0
  /// Events that wait for a slow reader.
  var events = 0

  /// All together.
  var total: Int { requests &+ replies &+ calls &+ subscriptions &+ events }

  /// Each with its kind.
  var byKind: [(kind: MemoryKind, bytes: Int)] {
    [
      (.requests, requests), (.replies, replies), (.calls, calls),
      (.subscriptions, subscriptions), (.events, events),
    ]
  }
}
