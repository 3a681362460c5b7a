internal import Foundation
internal import Support
internal import Testing

@Suite("A token's life", .timeLimit(.minutes(2)))
struct TokenLifeTests {
  private static func now() -> Double { Date().timeIntervalSince1970 }

  /// The claims of a token that is not sealed.
  private static func claims(_ token: String) throws -> [String: Any] {
    let payload = String(token.split(separator: ".", omittingEmptySubsequences: false)[1])
    let text = payload.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    let data = try #require(Data(base64Encoded: text + padding))
    let claims = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return try #require(claims)
  }

  private static func time(_ text: Any?) throws -> Double {
    let format = ISO8601DateFormatter()
    format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    let date = format.date(from: text as? String ?? "")
    return try #require(date).timeIntervalSince1970
  }

  /// Calls that make a token of so many seconds.
  static let makers: [(method: String, params: String, seconds: Double)] = [
    ("jwt.sign", #"{"expiresIn":60}"#, 60), ("jwt.sign", #"{"expiresIn":"1h"}"#, 3600),
    ("jwt.sign", #"{"expiresIn":"1500ms"}"#, 1.5),
    (
      "pending.create",
      #"{"operationType":"form","data":1,"backend":"jwt","expiresIn":"60s"}"#, 60
    ),
    (
      "pending.create",
      #"{"operationType":"form","data":1,"backend":"jwt","expiresIn":"59999ms"}"#, 59.999
    ),
  ]

  @Test("is never shorter than was asked for, and at most a second longer", arguments: makers)
  func rounded(method: String, params: String, seconds: Double) throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    // At five different times of a second, of which one at most is its first millisecond.
    for _ in 0..<5 {
      let before = (Self.now() * 1000).rounded(.down) / 1000
      let answer = try client.call(method, params)
      let after = Self.now()
      let end = try Self.time(answer["expiresAt"])
      #expect(end > before + seconds - 0.0005, "\(answer)")
      #expect(end < after + seconds + 1)
      let token = try #require(answer["token"] as? String)
      let exp = try #require(try Self.claims(token)["exp"] as? Double)
      #expect(abs(exp - end) < 0.0005)
      if seconds >= 60 { #expect(end == end.rounded()) }
      Thread.sleep(forTimeInterval: 0.0137)
    }
  }

  @Test("is outlived by its revocation, the leeways counted")
  func revocation() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "5s",
      ["--set", "tokens.expiryLeeway=10m", "--set", "tokens.leeway=30s"])
    let client = try daemon.readyClient()
    // One that has ended, and that every sidecar takes for another ten minutes; and one that lives.
    for life in ["1ms", "30m"] {
      let signed = try client.call("jwt.sign", #"{"expiresIn":"\#(life)"}"#)
      let token = try #require(signed["token"] as? String)
      let id = try #require(signed["jti"] as? String)
      let end = try Self.time(signed["expiresAt"])
      let params = #"{"token":"\#(token)"}"#
      #expect(try client.call("jwt.verify", params).reason == nil)
      #expect(try client.call("jwt.revoke", params)["revoked"] as? Bool == true)
      #expect(try client.call("jwt.verify", params).reason == "TOKEN_REVOKED")
      let text = try redis.command(["PEXPIRETIME", "cloakroom:default:jwt:\(id)"])
      let kept = try #require(Double(text)) / 1000
      #expect(kept > end + 600 + 30 - 0.0005 && kept < end + 600 + 30 + 10, "\(life)")
    }
  }
}
