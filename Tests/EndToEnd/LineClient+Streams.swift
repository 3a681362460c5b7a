internal import Support
internal import Testing

/// What tests of streams ask of a sidecar again and again.
extension LineClient {
  /// Appends a message and answers with its id.
  @discardableResult
  func append(_ message: String, to stream: String = "s") throws -> String {
    let answer = try call("streams.append", #"{"stream":"\#(stream)","message":\#(message)}"#)
    return try #require(answer["id"] as? String, "\(answer)")
  }

  /// Makes a group.
  func ensure(_ group: String = "g", on stream: String = "s") throws {
    let answer = try call("streams.ensure", #"{"stream":"\#(stream)","group":"\#(group)"}"#)
    #expect(answer["created"] is Bool, "\(answer)")
  }

  /// Sends the request for a read without waiting for its reply.
  func sendRead(
    consumer: String = "c", group: String = "g", stream: String = "s", count: Int = 10,
    blockMs: Int = 0, id: Int = 1, more: String = ""
  ) throws {
    try send(
      Self.request(
        "streams.read",
        #"{"stream":"\#(stream)","group":"\#(group)","consumer":"\#(consumer)","count":\#(count),"blockMs":\#(blockMs)\#(more)}"#,
        id: id))
  }

  /// Reads.
  func read(
    consumer: String = "c", group: String = "g", stream: String = "s", count: Int = 10,
    blockMs: Int = 0
  ) throws -> Answer {
    try sendRead(
      consumer: consumer, group: group, stream: stream, count: count, blockMs: blockMs)
    return Answer(try readLine())
  }

  /// Acknowledges.
  func acknowledge(_ ids: [String], group: String = "g", stream: String = "s") throws {
    let list = ids.map { #""\#($0)""# }.joined(separator: ",")
    let answer = try call(
      "streams.ack", #"{"stream":"\#(stream)","group":"\#(group)","ids":[\#(list)]}"#)
    #expect(answer["acked"] as? Int == ids.count, "\(answer)")
  }
}

extension Answer {
  /// The messages that were handed over.
  var messages: [[String: Any]] { self["messages"] as? [[String: Any]] ?? [] }
  /// Their ids.
  var ids: [String] { messages.compactMap { $0["id"] as? String } }
  /// Those of them that are whole numbers.
  var numbers: [Int] { messages.compactMap { $0["message"] as? Int } }
}
