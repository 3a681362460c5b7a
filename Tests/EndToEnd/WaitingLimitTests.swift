internal import Glibc
internal import Support
internal import Testing

/// What waits for a client, at the very limit: so much is kept, and one more is not.
@Suite("A limit of what waits for a client", .timeLimit(.minutes(2)))
struct WaitingLimitTests {
  /// Lets events wait for a subscriber, as its subscription is a member of a batch that is not done
  /// yet, and answers what it hears once that is.
  private static func notes(_ setting: String, _ events: [String]) throws -> [EventNote] {
    let daemon = try Daemon(["--set", setting])
    let (holder, subscriber) = (try daemon.client(), try daemon.client())
    let claim = #"{"key":"job","owner":"holder"}"#
    #expect(try holder.call("claim.once", claim)["claimed"] as? Bool == true)
    let wait = LineClient.request(
      "claim.once", #"{"key":"job","owner":"w","waitMs":60000}"#, id: 2)
    let subscribe = LineClient.request("events.subscribe", #"{"channel":"c"}"#)
    try subscriber.send("[\(subscribe.dropLast()),\(wait.dropLast())]\n")
    #expect(try eventually { try holder.metrics().sum("event_subscriptions") == 1 })
    for data in events { #expect(try holder.publish("c", data) == 1) }
    #expect(try holder.call("claim.release", claim)["released"] as? Bool == true)
    #expect(try subscriber.readLine().hasPrefix("["))
    #expect(try holder.publish("c", #""end""#) == 1)
    var notes: [EventNote] = []
    while notes.last?["data"] != "end" { notes.append(try subscriber.note()) }
    return notes.dropLast()
  }

  @Test("keeps as many events", arguments: [4, 5, 7])
  func events(count: Int) throws {
    let notes = try Self.notes("limits.waitingEvents=4", (0..<count).map { "\($0)" })
    #expect(notes.prefix(4).map(\.number) == [0, 1, 2, 3])
    #expect(notes.dropFirst(4).map(\.method) == (count > 4 ? ["events.gap"] : []))
    #expect(notes.last?.dropped == (count > 4 ? count - 4 : nil))
  }

  @Test("keeps as many bytes of events", arguments: [0, 1])
  func eventBytes(more: Int) throws {
    let plain = try Self.notes("limits.waitingEventBytes=1KiB", [#""""#])
    let note = try #require(plain.first).description
    // An envelope is what stands in the notification behind the subscription's name, and its brace.
    let start = try #require(note.firstRange(of: #""type""#)).lowerBound
    let empty = note[start...].utf8.count
    let data = String(repeating: "x", count: 1024 - empty + more)
    let notes = try Self.notes("limits.waitingEventBytes=1KiB", ["\"\(data)\""])
    #expect(notes.map(\.method) == [more == 0 ? "events.message" : "events.gap"])
  }

  @Test("keeps as many bytes of replies, and drops the reader of one more", arguments: [0, 1])
  func replies(more: Int) throws {
    let daemon = try Daemon(["--loops", "1", "--set", "limits.unreadReplyBytes=64KiB"])
    let (writer, reader) = (try daemon.client(), try daemon.client())
    for stream in ["probe", "a", "b"] { try writer.ensure(on: stream) }
    try writer.append(#""""#, to: "probe")
    // What a reply has beside its message, its line feed counted.
    let rest = try writer.read(stream: "probe").text.utf8.count + 1
    let value = String(repeating: "x", count: 60_000)
    try writer.call("kv.set", #"{"key":"k","value":"\#(value)"}"#)
    // Two reads wait; then the socket is filled with what nobody reads.
    for (id, stream) in [(1, "a"), (2, "b")] {
      try reader.sendRead(stream: stream, blockMs: 60_000, id: id)
    }
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") == 3 })
    let gets = (10..<20).map { LineClient.request("kv.get", #"{"key":"k"}"#, id: $0) }
    try reader.send(gets.joined())
    let isFull = try eventually { try writer.metrics().sum("calls_total") >= 14 }
    #expect(isFull)
    // As long as it waits, it is not read: the two replies that come now are all that is gathered.
    try writer.append("\"\(String(repeating: "a", count: 40_000 - rest))\"", to: "a")
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") == 2 })
    try writer.append("\"\(String(repeating: "b", count: 25_536 - rest + more))\"", to: "b")
    let isDropped = { try writer.metrics().sum("limit_hits_total", ["limit": "unread_replies"]) }
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") == 1 })
    #expect(try isDropped() == Double(more))
    guard more == 0 else { return #expect(reader.isClosed()) }
    #expect(Set(try reader.readLines(12).map { Answer($0).id ?? -1 }) == Set([1, 2] + (10..<20)))
  }
}
