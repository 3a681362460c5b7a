import CloakroomCore
import CloakroomStore
import CloakroomTokens
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("An answer that is kept", .timeLimit(.minutes(1)))
struct KeptAnswerTests {
  private let place = ScriptedStore.place("k")

  /// Keeps an answer and reads it again.
  private func again(
    _ answer: Result<ByteBuffer, RPCError>, sealed secret: SecretAnswer?
  ) throws -> Result<ByteBuffer, RPCError> {
    let note = try KeptAnswer(answer, RecordVersion(7), sealed: secret).note
    do throws(RPCError) {
      return .success(try KeptAnswer.result(of: note, sealed: secret))
    } catch {
      return .failure(error)
    }
  }

  @Test(
    "is a result again, whatever its text",
    arguments: [
      "", "null", "{}", "{\"a\":1}", "=", "!", "!{}", "\n", "\u{0}", "caf\u{e9} \u{1F642}",
      String(repeating: "x", count: 100_000),
    ])
  func result(text: String) throws {
    for secret in [nil, try ScriptedStore.secret(place)] {
      let answer = Result<ByteBuffer, RPCError>.success(ByteBuffer(string: text))
      #expect(try again(answer, sealed: secret) == answer)
    }
  }

  @Test("is a refusal again, with all that it said", arguments: Reason.allCases)
  func refusal(reason: Reason) throws {
    let details: [RPCError.Detail] = [
      .text("state", "dead"), .text("empty", ""),
      .text("text", "\"quotes\", \\, \n and caf\u{e9}"), .integer("zero", 0),
      .integer("large", .max), .integer("small", .min), .list("none", []),
      .list(
        "list",
        [[.text("path", "/a"), .integer("count", 2)], [], [.list("inner", [[.text("b", "c")]])]]),
    ]
    let errors = [
      RPCError(reason), RPCError(reason, "a sentence with \"quotes\" and \u{1F642}"),
      RPCError(reason, retryAfterMs: 1), RPCError(reason, retryAfterMs: .max, details: details),
      RPCError(reason, details: details),
    ]
    for secret in [nil, try ScriptedStore.secret(place)] {
      for error in errors { #expect(try again(.failure(error), sealed: secret) == .failure(error)) }
    }
  }

  @Test("is known by its version, so that a call knows its own")
  func version() throws {
    let answer = Result<ByteBuffer, RPCError>.success(ByteBuffer(string: "1"))
    let notes = try (0..<2).map { try KeptAnswer(answer, RecordVersion($0), sealed: nil).note }
    #expect(notes[0] != notes[1])
    let secret = try ScriptedStore.secret(place)
    let sealed = try (0..<2).map { _ in
      try KeptAnswer(answer, RecordVersion(0), sealed: secret).note
    }
    #expect(sealed[0] != sealed[1])
  }

  @Test("shows nothing of a secret, and opens for nobody else")
  func sealed() throws {
    let tokens = try TokenService.withRandomKeys()
    let secret = try #require(try ScriptedStore.secret(place, by: tokens))
    let answer = Result<ByteBuffer, RPCError>.success(ByteBuffer(string: "the secret"))
    let note = try KeptAnswer(answer, RecordVersion(7), sealed: secret).note
    #expect(!String(buffer: note).contains("secret"))
    // The same sidecar's other calls, and other sidecars.
    let otherPlace = try ScriptedStore.secret(ScriptedStore.place("l"), by: tokens)
    #expect(refusal(of: note, sealed: otherPlace)?.reason == .storeRefused)
    let foreign = try #require(refusal(of: note, sealed: try ScriptedStore.secret(place)))
    #expect(foreign.reason == .conflict)
    #expect(foreign.details.map(\.name) == ["keyId"])
    var changed = Array(note.readableBytesView)
    changed[changed.count / 2] ^= 1
    let broken = try #require(refusal(of: ByteBuffer(bytes: changed), sealed: secret))
    #expect(broken.reason == .storeRefused || broken.reason == .conflict)
    // In clear it is no answer at all.
    #expect(refusal(of: note, sealed: nil) == KeptAnswer.unreadable)
  }

  @Test("that a version 0.1 has sealed is a result")
  func earlier() throws {
    let secret = try #require(try ScriptedStore.secret(place))
    let note = try secret.seal(ByteBuffer(string: "{\"token\":\"t\"}"))
    let result = try KeptAnswer.result(of: note, sealed: secret)
    #expect(String(buffer: result) == "{\"token\":\"t\"}")
  }

  @Test(
    "that can't be read says that the call was done",
    arguments: [
      "", "=", "AAAAAAAAAAA", "AAAAAAAAAAA?1", "AAAAAAAAAAA!", "AAAAAAAAAAA!1", "AAAAAAAAAAA!{}",
      "AAAAAAAAAAA!{\"code\":-32000,\"message\":\"x\"}",
      "AAAAAAAAAAA!{\"code\":-32000,\"message\":\"x\",\"data\":{\"reason\":\"NEVER_HEARD\"}}",
      "AAAAAAAAAAA!{\"code\":-32000,\"message\":\"x\",\"data\":{\"reason\":7}}",
      "AAAAAAAAAAA!{\"code\":-32000,\"message\":\"x\",\"data\":{\"reason\":\"CONFLICT\"}",
      "AAAAAAAAAAA{\"token\":\"t\"}",
    ])
  func unreadable(text: String) {
    #expect(refusal(of: ByteBuffer(string: text), sealed: nil) == KeptAnswer.unreadable)
  }

  private func refusal(of note: ByteBuffer, sealed secret: SecretAnswer?) -> RPCError? {
    do throws(RPCError) {
      _ = try KeptAnswer.result(of: note, sealed: secret)
      return nil
    } catch {
      return error
    }
  }
}
