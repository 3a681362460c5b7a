extension ExampleTests {
  /// What is called before the examples on streams.
  static let beforeStreams: [String: [[String]]] = [
    "streams.read": [group, order], "streams.ack": [group, order, read],
    "streams.pending": [group, order, read], "streams.reclaim": [group, order, read],
    "streams.length": [order, order],
  ]

  /// The methods whose results have ids or times in them, which are never the same twice.
  static let changing: Set<String> = [
    "streams.append", "streams.read", "streams.ack", "streams.pending", "streams.reclaim",
  ]

  private static let group = ["streams.ensure", #"{"stream":"orders","group":"billing"}"#]
  private static let order = ["streams.append", #"{"stream":"orders","message":{"order":17}}"#]
  private static let read = [
    "streams.read", #"{"stream":"orders","group":"billing","consumer":"worker-1"}"#,
  ]
}
