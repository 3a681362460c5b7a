import CloakroomCore
import Testing

@Suite("The parameters of claims", .timeLimit(.minutes(1)))
struct ClaimParameterTests {
  static let key = "igniter:store:api:claim:lock:x"

  @Test(
    "become one step on the claim",
    arguments: [
      ("claim.once", #"{"key":"lock:x","owner":"w"}"#, "take w 30000ms at once"),
      ("claim.once", #"["lock:x","w","2m"]"#, "take w 120000ms at once"),
      ("claim.once", #"["lock:x","w",5,0,true]"#, "take w 5000ms at once"),
      ("claim.once", #"["lock:x","w","1ms",1]"#, "take w 1ms waiting, one of 1000"),
      (
        "claim.once",
        #"{"key":"lock:x","owner":"\u0077","waitMs":3600000,"bindToConnection":false}"#,
        "take w 30000ms waiting, one of 1000"
      ),
      ("claim.renew", #"{"key":"lock:x","owner":"w"}"#, "renew w 30000ms -"),
      ("claim.renew", #"["lock:x","w",10,7]"#, "renew w 10000ms 7"),
      (
        "claim.renew", #"{"fence":9007199254740993,"key":"lock:x","owner":"w"}"#,
        "renew w 30000ms 9007199254740993"
      ),
      ("claim.release", #"{"key":"lock:x","owner":"w"}"#, "release w -"),
      ("claim.release", #"["lock:x","w",-1]"#, "release w -1"),
      ("claim.inspect", #"{"key":"lock:x"}"#, "inspect"),
    ])
  func valid(method: String, params: String, step: String) throws {
    #expect(try Caller().begin(method, params).steps == ["claim \(Self.key) \(step)"])
  }

  @Test(
    "are refused when they are anything else",
    arguments: [
      #"{"key":"a"}"#, #"{"owner":"w"}"#, #"{"key":"","owner":"w"}"#, #"{"key":1,"owner":"w"}"#,
      #"{"key":"a","owner":""}"#, #"{"key":"a","owner":1}"#, #"{"key":"a","owner":null}"#,
      #"{"key":"a","owner":"\ud800"}"#, #"{"key":"a","owner":"w","waitMs":-1}"#,
      #"{"key":"a","owner":"w","waitMs":3600001}"#, #"{"key":"a","owner":"w","waitMs":1.5}"#,
      #"{"key":"a","owner":"w","waitMs":"1s"}"#, #"{"key":"a","owner":"w","waitMs":null}"#,
      #"{"key":"a","owner":"w","bindToConnection":1}"#, #"{"key":"a","owner":"w","fence":1}"#,
      #"["a","w",30,0,false,1]"#,
    ])
  func invalid(params: String) {
    #expect(Caller().refusal("claim.once", params)?.reason == .invalidParams)
  }

  @Test("has an owner of at most 256 bytes")
  func longOwner() throws {
    let longest = String(repeating: "é", count: 128)
    #expect(
      try Caller().begin("claim.release", #"["a","\#(longest)"]"#).steps.first?.contains(longest)
        == true)
    #expect(
      Caller().refusal("claim.release", #"["a","\#(longest)x"]"#)?.reason == .invalidParams)
  }

  @Test(
    "hold a claim for a time and never for ever, whatever values may do",
    arguments: [
      "null", "0", "-1", "1.5", "1e3", "true", "[]", "{}", "315360001", "\"\"", "\"30\"", "\"0s\"",
      "\"keep\"", "\"reset\"", "\"forever\"", "\"\\ud800\"",
      "\"1h" + String(repeating: " ", count: 99)
        + "\"",
    ])
  func invalidTTL(ttl: String) {
    let caller = Caller { $0.keys.allowForever = true }
    for method in ["claim.once", "claim.renew"] {
      let params = #"{"key":"a","owner":"w","ttl":\#(ttl)}"#
      #expect(caller.refusal(method, params)?.reason == .ttlInvalid, "\(method)")
    }
  }
}
