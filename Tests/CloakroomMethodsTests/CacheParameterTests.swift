import CloakroomCore
import Testing

@Suite("The parameters of caches", .timeLimit(.minutes(1)))
struct CacheParameterTests {
  @Test(
    "become one step on the key, whose name is the caller's own",
    arguments: [
      ("cache.get", #"{"key":"order:1"}"#), ("cache.get", #"["order:1",["a"],0,false,"5s"]"#),
      ("cache.set", #"{"key":"order:1","value":1}"#),
      ("cache.set", #"["order:1",1,"5m",["a"],0.5,"1m",3]"#),
      ("cache.set", #"{"key":"order:1","value":1,"jitter":0}"#),
      ("cache.set", #"{"key":"order:1","value":1,"jitter":0.9,"tookMs":86400000}"#),
      ("cache.set", #"{"key":"order:1","value":1,"jitter":-0.0,"tookMs":0}"#),
      ("cache.set", #"{"key":"order:1","negative":true}"#),
      ("cache.get", #"{"key":"order:1","waitMs":3600000,"lease":false}"#),
      ("cache.release", #"{"key":"order:1","lease":"0123456789abcdef"}"#),
      ("cache.invalidate", #"{"keys":["order:1","order:1"]}"#),
    ])
  func valid(method: String, params: String) throws {
    let steps = try Caller().begin(method, params).steps
    #expect(steps.count == 1)
    #expect(steps.first?.contains("igniter:store:api:cache:order:1") == true, "\(steps)")
  }

  @Test(
    "are refused when they are anything else",
    arguments: [
      ("cache.get", #"{"key":""}"#), ("cache.get", #"{"key":"k","tags":"a"}"#),
      ("cache.get", #"{"key":"k","tags":[""]}"#), ("cache.get", #"{"key":"k","tags":["a\nb"]}"#),
      ("cache.get", #"{"key":"k","tags":[1]}"#), ("cache.get", #"{"key":"k","lease":1}"#),
      ("cache.get", #"{"key":"k","lease":"short"}"#), ("cache.get", #"{"key":"k","waitMs":-1}"#),
      ("cache.set", #"{"key":"k"}"#), ("cache.set", #"{"key":"k","value":1,"jitter":1}"#),
      ("cache.set", #"{"key":"k","value":1,"jitter":-0.1}"#),
      ("cache.set", #"{"key":"k","value":1,"jitter":"0.1"}"#),
      ("cache.set", #"{"key":"k","value":1,"jitter":0.91}"#),
      ("cache.set", #"{"key":"k","value":1,"jitter":1e400}"#),
      ("cache.set", #"{"key":"k","value":1,"jitter":null}"#),
      ("cache.set", #"{"key":"k","value":1,"tookMs":1.5}"#),
      ("cache.set", #"{"key":"k","value":1,"tookMs":86400001}"#),
      ("cache.get", #"{"key":"k","waitMs":3600001,"lease":false}"#),
      ("cache.set", #"{"key":"k","value":1,"tookMs":-1}"#),
      ("cache.set", #"{"key":"k","value":1,"lease":true}"#),
      ("cache.set", #"{"key":"k","negative":true,"grace":"1m"}"#),
      ("cache.set", #"{"key":"k","value":1,"x":1}"#), ("cache.release", #"{"key":"k"}"#),
      ("cache.invalidate", "{}"), ("cache.invalidate", #"{"keys":"k"}"#),
      ("cache.invalidate", #"{"keys":[""]}"#), ("cache.invalidate", #"{"tags":["a"],"soft":1}"#),
      ("cache.key", "{}"), ("cache.key", #"{"value":1,"prefix":1}"#),
      ("cache.key", #"{"value":{"a":1,"\u0061":2}}"#), ("cache.key", #"{"value":["\ud800"]}"#),
      ("cache.key", #"{"value":9007199254740993}"#),
    ])
  func invalid(method: String, params: String) {
    #expect(Caller().refusal(method, params)?.reason == .invalidParams)
  }

  @Test(
    "have times that are times",
    arguments: [
      ("cache.get", #"{"key":"k","leaseTtl":"61m"}"#), ("cache.get", #"{"key":"k","leaseTtl":0}"#),
      ("cache.set", #"{"key":"k","value":1,"ttl":0}"#),
      ("cache.set", #"{"key":"k","value":1,"ttl":null}"#),
      ("cache.set", #"{"key":"k","value":1,"grace":0}"#),
      ("cache.set", #"{"key":"k","value":1,"grace":"4000d"}"#),
    ])
  func times(method: String, params: String) {
    #expect(Caller().refusal(method, params)?.reason == .ttlInvalid)
  }

  @Test("have their limits: 32 tags, keys of a batch, and 64 KiB to make a key of")
  func limits() throws {
    func list(_ count: Int) -> String { (0..<count).map { "\"\($0)\"" }.joined(separator: ",") }
    #expect(Caller().refusal("cache.get", #"{"key":"k","tags":[\#(list(32))]}"#) == nil)
    #expect(
      Caller().refusal("cache.get", #"{"key":"k","tags":[\#(list(33))]}"#)?.reason == .tooLarge)
    #expect(Caller().refusal("cache.invalidate", #"{"tags":[\#(list(1000))]}"#) == nil)
    #expect(
      Caller().refusal("cache.invalidate", #"{"keys":[\#(list(1001))]}"#)?.reason == .tooLarge)
    let longest = String(repeating: "x", count: 65_534)
    #expect(Caller().refusal("cache.key", #"{"value":"\#(longest)"}"#) == nil)
    #expect(Caller().refusal("cache.key", #"{"value":"\#(longest)x"}"#)?.reason == .tooLarge)
  }
}
