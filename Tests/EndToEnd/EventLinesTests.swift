import Support
import Testing

@Suite("What a subscriber reads", .timeLimit(.minutes(2)))
struct EventLinesTests {
  /// Envelopes by somebody else, who breaks lines where JSON lets him.
  static let texts = [
    "{\"type\":\"c\",\r\"data\":1}", "{\"type\":\"c\",\n\"data\":1}",
    "{\"type\":\"c\",\"data\":[1,\r\n2]}", "{\"type\":\"c\",\"data\":1}\r",
    "{\"type\":\"c\",\"data\":1}\n", "\r{\"type\":\"c\",\"data\":1}",
  ]

  @Test("has no line break in it, whatever another program has published")
  func breaks() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "4s")
    let client = try daemon.readyClient()
    _ = try client.subscribe(#"{"channel":"c"}"#)
    for text in Self.texts {
      _ = try redis.command(["PUBLISH", "cloakroom:default:events:c", text])
      let note = try client.note()
      #expect(!note.method.isEmpty && !note.description.contains { $0.isNewline }, "\(note)")
    }
  }
}
