internal import Support
internal import Testing

@Suite("The calls of one connection", .timeLimit(.minutes(2)))
struct CallOrderTests {
  @Test("take effect on a key in the order in which they came", arguments: ["memory", "redis"])
  func order(_ store: String) throws {
    let redis = store == "redis" ? try RedisServer() : nil
    let options = redis.map { ["--redis", "unix://" + $0.socketPath] } ?? []
    let sidecar = try Daemon(options + ["--loops", "2"])
    let client = try sidecar.client()
    #expect(try eventually { try client.call("kv.exists", #"{"key":"a"}"#).result != nil })

    let rounds = 500
    var requests = ""
    for round in 0..<rounds {
      let params = #"{"key":"k","value":\#(round)}"#
      requests += LineClient.request("kv.set", params, id: 3 * round)
      requests += LineClient.request("kv.get", #"{"key":"k"}"#, id: 3 * round + 1)
      requests += LineClient.request("kv.take", #"{"key":"k"}"#, id: 3 * round + 2)
    }
    try client.send(requests)
    var values: [Int: Int] = [:]
    for line in try client.readLines(3 * rounds) {
      let answer = Answer(line)
      let id = try #require(answer.id, "\(line)")
      values[id] = answer["value"] as? Int
    }
    let wanted = (0..<rounds).flatMap { [(3 * $0 + 1, $0), (3 * $0 + 2, $0)] }
    #expect(values == Dictionary(uniqueKeysWithValues: wanted))
  }

  @Test("and of one batch take effect in order as well")
  func batch() throws {
    let sidecar = try Daemon()
    let client = try sidecar.client()
    let calls = (0..<1000).map { number in
      LineClient.request("counter.increment", #"{"key":"k"}"#, id: number).dropLast()
    }
    try client.send("[\(calls.joined(separator: ","))]\n")
    let wanted = (0..<1000).map { #"{"id":\#($0),"result":{"applied":true,"value":\#($0 + 1)}}"# }
    #expect(ReducedReply.all(try client.readLine()) == wanted)
  }
}
