import CloakroomCore
import CloakroomMethods
import Testing

@Suite("The parameters of pending operations", .timeLimit(.minutes(1)))
struct PendingParameterTests {
  private static let token = "cks_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

  @Test(
    "are refused when they mean nothing",
    arguments: [
      ("create", #"{"data":1}"#, Reason.invalidParams),
      ("create", #"{"operationType":"","data":1}"#, .invalidParams),
      ("create", #"{"operationType":7,"data":1}"#, .invalidParams),
      ("create", #"{"operationType":"a"}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"backend":"redis"}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"preset":"none"}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"maxAttempts":0}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"maxAttempts":1000001}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"oneTime":1}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"backend":"store","seal":true}"#, .invalidParams),
      ("create", #"{"operationType":"a","data":1,"expiresIn":0}"#, .ttlInvalid),
      ("create", #"{"operationType":"a","data":1,"expiresIn":null}"#, .ttlInvalid),
      ("create", #"{"operationType":"a","data":1,"expiresIn":"keep"}"#, .ttlInvalid),
      ("create", #"{"operationType":"a","data":1,"expiresIn":1.5}"#, .ttlInvalid),
      ("verify", #"{"token":"\#(token)"}"#, .invalidParams),
      ("verify", #"{"token":7,"operationType":"a"}"#, .invalidParams),
      ("update", #"{"token":"\#(token)","operationType":"a"}"#, .invalidParams),
      ("update", #"{"token":"\#(token)","operationType":"a","data":1,"patch":1}"#, .invalidParams),
      ("update", #"{"token":"\#(token)","operationType":"a","data":1,"ttl":"x"}"#, .ttlInvalid),
      ("update", #"{"token":"\#(token)","operationType":"a","data":1,"ttl":null}"#, .ttlInvalid),
      ("checkout", #"{"token":"\#(token)","operationType":"a","leaseTtl":-1}"#, .ttlInvalid),
      ("commit", #"{"token":"\#(token)","operationType":"a"}"#, .invalidParams),
      ("commit", #"{"token":"\#(token)","operationType":"a","receipt":1}"#, .invalidParams),
      ("dead", #"{"count":0}"#, .invalidParams),
      ("dead", #"{"cursor":"x"}"#, .invalidParams),
      ("reopen", #"{"id":"9F86"}"#, .invalidParams),
    ])
  func refused(method: String, params: String, reason: Reason) {
    #expect(Caller().refusal("pending.\(method)", params)?.reason == reason)
  }

  @Test("name an operation by a digest of its token, in its tenant's own place")
  func names() throws {
    let begun = try Caller().begin(
      "pending.consume",
      #"{"token":"\#(Self.token)","operationType":"a","scope":[{"key":"org","id":"1"}]}"#)
    let step = try #require(begun.steps.first)
    // SHA-256 of the token, as sha256sum tells it.
    let id = "988a525341e547a79d2d5e3e7bd74a5827e68dba424f6fc9e84f036168f06def"
    #expect(step == "record igniter:store:api:org:1:pending:\(id) ")
  }

  @Test(
    "take nothing for a token of the store that has another spelling",
    arguments: [
      "", "cks_", "cks_AAAA", token + "A", String(token.dropLast()), String(token.dropLast()) + "9",
      String(token.dropLast()) + "=", token.replacing("A", with: "+"), " " + token,
      token.uppercased(), "a.b", "a.b.c.d",
    ])
  func spelling(token: String) throws {
    let params = #"{"token":"\#(token)","operationType":"a"}"#
    // It is found out once the call has begun, and then without a step of the store.
    #expect(try Caller().begin("pending.consume", params).steps == ["a procedure"])
  }

  @Test("take from a preset what the call doesn't give")
  func presets() throws {
    func step(_ params: String) throws -> String? {
      try Caller().begin("pending.create", params).steps.first
    }
    let form = try #require(try step(#"{"data":1,"preset":"form"}"#))
    #expect(form.contains(#""type":"form""#) && form.contains(#""life":1800000"#))
    let other = try #require(
      try step(#"{"operationType":"a","data":1,"preset":"form","expiresIn":"5s"}"#))
    #expect(other.contains(#""type":"a""#) && other.contains(#""life":5000"#))
    // Its data are in its token: the store is not asked.
    #expect(try step(#"{"data":1,"preset":"registration"}"#) == "a procedure")
  }
}
