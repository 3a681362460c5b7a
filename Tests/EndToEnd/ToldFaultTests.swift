import Support
import Testing

@Suite("A call that is refused is told", .timeLimit(.minutes(1)), .sharedSidecar())
struct ToldFaultTests {
  @Test(
    "which member of the request is wrong",
    arguments: [
      (#"{"jsonrpc":"2.0","id":1,"method":7}"#, "method has to be a string"),
      (#"{"jsonrpc":"1.0","id":1,"method":"system.ping"}"#, #"jsonrpc has to be \"2.0\""#),
      (#"{"jsonrpc":"2.0","id":{},"method":"system.ping"}"#, "id has to be"),
      (#"{"jsonrpc":"2.0","id":1,"method":"system.ping","params":7}"#, "params has to be"),
    ])
  func member(request: String, message: String) throws {
    let client = try SharedSidecar.client()
    try client.send(request + "\n")
    let answer = Answer(try client.readLine())
    #expect(answer.reason == "INVALID_REQUEST" && answer.text.contains(message), "\(answer)")
  }

  @Test(
    "what a parameter may be at most",
    arguments: [
      ("dev.scan", #"{"count":1001}"#, "1000"),
      ("session.list", #"{"principal":"a","count":1001}"#, "1000"),
      ("flow.list", #"{"count":0}"#, "1000"),
      ("streams.read", #"{"stream":"s","group":"g","consumer":"c","count":1001}"#, "1000"),
      ("claim.once", #"{"key":"c","owner":"o","waitMs":3600001}"#, "3600000"),
      ("ratelimit.check", #"{"key":"k","limit":1000000001,"window":1}"#, "1000000000"),
      ("cache.set", #"{"key":"k","value":1,"jitter":1}"#, "0.9"),
    ])
  func most(method: String, params: String, limit: String) throws {
    let daemon = try Daemon(["--set", "dev.scan=true"])
    let answer = try daemon.client().call(method, params)
    #expect(answer.reason == "INVALID_PARAMS", "\(answer)")
    #expect(answer.text.replacing(",", with: "").contains(limit), "\(answer)")
  }

  @Test(
    "that something may not be empty, and not that it isn't",
    arguments: [
      ("kv.get", #"{"key":""}"#, "key may not be empty"),
      ("claim.once", #"{"key":"k","owner":""}"#, "owner may not be empty"),
      ("streams.read", #"{"stream":"s","group":"","consumer":"c"}"#, "group may not be empty"),
      ("jwt.sign", #"{"audience":[]}"#, "audience may not be empty"),
      ("session.list", #"{"principal":""}"#, "principal may not be empty"),
      ("kv.remove", #"{"key":"k","idempotencyKey":""}"#, "idempotencyKey may not be empty"),
      ("cache.get", #"{"key":"k","tags":[""]}"#, "a tag may not be empty"),
      ("cache.invalidate", "{}", "have to be given"),
      ("jwt.sign", #"{"claims":{"exp":1}}"#, "claims may not have exp"),
    ])
  func empty(method: String, params: String, message: String) throws {
    let answer = try SharedSidecar.client().call(method, params)
    #expect(answer.reason == "INVALID_PARAMS" && answer.text.contains(message), "\(answer)")
  }

  @Test(
    "which of several that can be wrong in the same way",
    arguments: [
      ("batch.get", #"{"keys":["a",7]}"#, "/keys/1"),
      ("batch.remove", #"{"keys":["a","b",""]}"#, "/keys/2"),
      (
        "batch.set", #"{"entries":[{"key":"a","value":1},{"key":"b","value":1,"ttl":0}]}"#,
        "/entries/1"
      ),
      ("cache.set", #"{"key":"a","value":1,"ttl":5,"grace":"0s"}"#, "/grace"),
      ("cache.get", #"{"key":"a","leaseTtl":-1}"#, "/leaseTtl"),
      ("cache.invalidate", #"{"keys":["a",{}]}"#, "/keys/1"),
      ("idempotency.begin", #"{"key":"a","ttl":"1h","lockTtl":0}"#, "/lockTtl"),
      ("kv.set", #"{"key":"a","value":1,"ttl":"1y"}"#, "/ttl"),
      (
        "kv.set", #"{"key":"a","value":1,"idempotencyKey":"k","idempotencyTtl":0}"#,
        "/idempotencyTtl"
      ),
      ("jwt.sign", #"{"expiresIn":0}"#, "/expiresIn"),
      (
        "ratelimit.check",
        #"{"all":[{"key":"a","limit":1,"window":1},{"key":"b","limit":0,"window":1}]}"#, "/all/1"
      ),
    ])
  func place(method: String, params: String, place: String) throws {
    let answer = try SharedSidecar.client().call(method, params)
    #expect(answer.detail("pointer") as? String == place, "\(answer)")
    #expect(answer.message?.hasPrefix(place + ": ") == true, "\(answer)")
  }

  @Test("which service and which method the policy keeps from it")
  func policy() throws {
    let daemon = try Daemon(
      configuration: #"{"services":{"shop":{"users":["*"],"methods":["kv.*","system.*"]}}}"#)
    let client = try daemon.client()
    let method = try client.call("jwt.sign", "{}")
    #expect(method.reason == "FORBIDDEN")
    #expect(method.text.contains("shop") && method.text.contains("jwt.sign"), "\(method)")
    let service = try client.call("system.hello", #"{"service":"billing"}"#)
    #expect(service.reason == "FORBIDDEN")
    #expect(service.text.contains("the service billing"), "\(service)")
  }

  @Test("by rpc.discover which parameters an array may give, and what else a ttl may be")
  func discovery() throws {
    let document = try SharedSidecar.client().call("rpc.discover")
    let methods = document["methods"] as? [[String: Any]] ?? []
    let set = try #require(methods.first { $0["name"] as? String == "kv.set" })
    // The shared parameters are none of an array's: given as one, they would be taken for others.
    #expect(set["paramStructure"] as? String == "by-name")
    #expect(
      set["x-positional"] as? [String]
        == ["key", "value", "ttl", "onlyIf", "ifMatch", "withMeta"])
    let params = set["params"] as? [[String: Any]] ?? []
    let ttl = params.first { $0["name"] as? String == "ttl" }?["summary"] as? String ?? ""
    #expect(ttl.contains(#""keep""#) && ttl.contains(#""reset""#), "\(ttl)")
  }
}
