import CloakroomCore
import Foundation
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct AccessLogFormatterTests {
  private func line(_ record: CallRecord, inClear: Set<String> = []) throws -> String {
    let hasher = try KeyHasher(key: Array(0..<16))
    var formatter = AccessLogFormatter(
      labels: testLabels, namespacesInClear: inClear, hasher: hasher)
    var buffer = LineBuffer(capacity: 16)
    formatter.append(record, to: &buffer)
    return buffer.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test("A call of which everything is known has every member, in order")
  func full() throws {
    let record = CallRecord.test(
      startedAt: 1_735_689_600_123_456_789, duration: 1_234_567, storeDuration: 999_999,
      id: "\"7\"", method: 1, key: Array(0..<15), scope: "tenant/user", ttlMs: 86_400_000,
      actor: "Ann", traceparent: "00-0af7-b7ad-01", failure: .conflict)
    #expect(
      try line(record) == """
        {"time":"2025-01-01T00:00:00.123Z","service":"shop","actor":"Ann","uid":1000,"pid":4242,\
        "conn":7,"id":"\\"7\\"","method":"kv.set","ns":"kv","key":"5493e99933b0a811",\
        "scope":"tenant/user","ttl_ms":86400000,"outcome":"CONFLICT","us":1234,"store_us":999,\
        "in":60,"out":40,"traceparent":"00-0af7-b7ad-01"}\n
        """)
  }

  @Test("What has ended by itself has neither caller nor method, but an action")
  func expiries() throws {
    let hasher = try KeyHasher(key: Array(0..<16))
    var formatter = AccessLogFormatter(
      labels: testLabels, namespacesInClear: ["pending"], hasher: hasher)
    var lines = LineBuffer(capacity: 16)
    let key = Array<UInt8>(0..<15)
    formatter.append(
      ExpiryRecord(
        foundAt: 1_735_689_600_123_456_789, service: 0, namespace: .pending, key: key,
        scope: "tenant/user", action: .expire), to: &lines)
    formatter.append(
      ExpiryRecord(foundAt: 0, service: 9, namespace: .session, key: key, action: .dead), to: &lines
    )
    formatter.append(
      ExpiryRecord(
        foundAt: 0, service: 0, namespace: .session, key: key, scope: "tenant", flow: "project",
        step: "a\"b", action: .expire), to: &lines)
    #expect(
      lines.withBytes { String(decoding: $0, as: UTF8.self) } == """
        {"time":"2025-01-01T00:00:00.123Z","service":"shop","ns":"pending",\
        "key":"5493e99933b0a811","scope":"tenant/user","action":"expire"}
        {"time":"1970-01-01T00:00:00.000Z","service":"unknown","ns":"session",\
        "session":"5493e99933b0a811","action":"dead"}
        {"time":"1970-01-01T00:00:00.000Z","service":"shop","ns":"session",\
        "session":"5493e99933b0a811","scope":"tenant","flow":"project","step":"a\\"b",\
        "action":"expire"}\n
        """)
  }

  @Test(
    "A call on a session has its hash in place of a key, what was done, and the step",
    arguments: SessionNote.Action.allCases)
  func sessions(action: SessionNote.Action) throws {
    let ref = "00ff-secret"
    var record = CallRecord.test(key: Array("key".utf8), failure: .invalidStep)
    record.session = SessionNote(ref, action, step: "a\"b")
    let line = try line(record, inClear: ["kv", "session"])
    let hasher = try KeyHasher(key: Array(0..<16))
    let hash = try #require(Array(ref.utf8).withUnsafeBufferPointer(hasher.hash))
    let digits = String(hash, radix: 16)
    let text = String(repeating: "0", count: 16 - digits.count) + digits
    #expect(
      line.contains(
        ",\"session\":\"\(text)\",\"action\":\"\(action)\",\"step\":\"a\\\"b\",\"outcome\":"))
    #expect(!line.contains("secret") && !line.contains("\"key\""))
    record.session = SessionNote(nil, action)
    let other = try self.line(record)
    #expect(other.contains(",\"action\":\"\(action)\",\"outcome\":"))
    #expect(!other.contains("session"))
  }

  @Test("What isn't known of a call is left out")
  func bare() throws {
    #expect(
      try line(.test(service: 9, method: nil)) == """
        {"time":"1970-01-01T00:00:00.000Z","service":"unknown","uid":1000,"pid":4242,"conn":7,\
        "outcome":"ok","us":20,"store_us":0,"in":60,"out":40}\n
        """)
  }

  @Test("Every outcome has its name", arguments: Reason.allCases)
  func outcomes(reason: Reason) throws {
    #expect(try line(.test(failure: reason)).contains(",\"outcome\":\"\(reason.name)\","))
  }

  @Test(
    "Nothing that a client sends ends its line or forges a member of it",
    arguments: [
      "x\n{\"time\":\"forged\"}", "x\",\"outcome\":\"ok\",\"y\":\"", "\\", "\\\"", "\r\n", "\u{0}",
      "\u{1b}]0;title\u{7}", "\u{9b}2J",
    ])
  func hostile(text: String) throws {
    let record = CallRecord.test(
      id: text, key: Array(text.utf8), scope: text, actor: text, traceparent: text,
      failure: .forbidden)
    let line = try line(record, inClear: ["kv"])
    #expect(line.utf8.filter { $0 < 0x20 } == [UInt8(ascii: "\n")])
    #expect(line.hasSuffix("}\n"))
    let members = try #require(
      JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    for name in ["id", "key", "scope", "actor", "traceparent"] {
      #expect(members[name] as? String == text)
    }
    #expect(members["outcome"] as? String == "FORBIDDEN")
    #expect(members.count == 17)
  }

  @Test("No line is longer than the longest line is said to be")
  func longest() throws {
    let text = String(repeating: "\u{1}", count: 10_000)
    var record = CallRecord.test(
      startedAt: .min, duration: .max, storeDuration: .max, id: text, key: Array(text.utf8),
      scope: text, ttlMs: .min, actor: text, traceparent: text, failure: .idempotencyInProgress)
    #expect(try line(record, inClear: ["kv"]).utf8.count <= AccessLogFormatter.longestLine)
    record.session = SessionNote(text, .update, step: text)
    #expect(try line(record).utf8.count <= AccessLogFormatter.longestLine)
  }

  @Test("A key is a hash unless its namespace is in clear, and a ticket is always one")
  func keys() throws {
    let secret = Array("ticket-4711".utf8)
    let everything: Set<String> = ["kv", "pending"]
    #expect(try !line(.test(method: 0, key: secret)).contains("4711"))
    #expect(try line(.test(method: 0, key: secret), inClear: ["kv"]).contains("\"ticket-4711\""))
    #expect(try !line(.test(method: 0, key: secret), inClear: ["counter"]).contains("4711"))
    #expect(try !line(.test(method: 2, key: secret), inClear: everything).contains("4711"))
    #expect(try !line(.test(method: nil, key: secret), inClear: everything).contains("4711"))
  }

  @Test("A key in clear that isn't UTF-8 is repaired")
  func invalidKey() throws {
    let line = try line(.test(method: 0, key: [0x61, 0xFF, 0xED, 0xA0]), inClear: ["kv"])
    #expect(line.contains("\"key\":\"a\u{FFFD}"))
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
  }
}
