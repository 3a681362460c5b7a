import Support
import Testing

/// Up to version 0.1 a pending operation was a hash in Redis that scripts changed; now it is a text.
@Suite("Two versions of the sidecar on one Redis", .timeLimit(.minutes(3)))
struct UpgradeTests {
  @Test("read an operation of the earlier one both, until this one has changed it")
  func reading() throws {
    let stage = try UpgradeStage()
    let place = try stage.made(#"{"n":1,"list":[]}"#)
    for _ in 0..<2 {
      let answer = try stage.call("verify", place)
      #expect(answer.text.contains(#""data":{"n":1,"list":[]}"#), "\(answer)")
      #expect(try stage.call("exists", place)["exists"] as? Bool == true)
      #expect(
        try stage.earlier.perform(EarlierScript.read, on: place.name, "1").data
          == #"{"n":1,"list":[]}"#)
    }
    #expect(try stage.type(place) == "hash")
    let wrongType = #"{"token":"\#(place.token)","operationType":"other"}"#
    #expect(try stage.client.call("pending.consume", wrongType).reason == "WRONG_TYPE")
    _ = try stage.earlier.perform(EarlierScript.update, on: place.name, "", #"{"n":2}"#, "keep", "")
    let seen = try stage.call("verify", place)
    #expect(seen["data", "n"] as? Int == 2)
    let etag = try #require(seen["etag"] as? String)
    let life = try stage.life(place)

    let answer = try stage.call("update", place, #","patch":{"m":3},"ifMatch":"\#(etag)""#)
    #expect(answer["etag"] is String, "\(answer)")
    #expect(try stage.type(place) == "string")
    #expect(abs(try stage.life(place) - life) <= 30)
    let data = try stage.call("verify", place)["data"] as? [String: Int]
    #expect(data == ["n": 2, "m": 3])
    for script in [EarlierScript.read, .consume, .delete, .settle] {
      #expect(try stage.earlier.perform(script, on: place.name, "1").isWrongType)
    }
    #expect(try stage.call("consume", place)["data", "m"] as? Int == 3)
    #expect(try stage.call("consume", place).reason == "CONSUMED")
  }

  @Test("take an operation's end from each other")
  func ends() throws {
    let stage = try UpgradeStage()
    let places = try stage.places(4)
    for place in places { try stage.create(place) }
    #expect(try stage.earlier.perform(.consume, on: places[0].name).data == #"{"n":1}"#)
    _ = try stage.earlier.perform(.delete, on: places[1].name)
    for method in ["verify", "consume", "checkout"] {
      #expect(try stage.call(method, places[0]).reason == "CONSUMED")
      #expect(try stage.call(method, places[1]).reason == "DELETED")
    }
    // Nor does one that keeps its answer make another end of it.
    let key = #","idempotencyKey":"k""#
    #expect(try stage.call("consume", places[0], key).reason == "CONSUMED")
    #expect(try stage.type(places[0]) == "hash")
    for place in places[..<2] { #expect((3500...3600).contains(try stage.life(place))) }

    #expect(try stage.call("consume", places[2])["data", "n"] as? Int == 1)
    #expect(try stage.call("delete", places[3])["deleted"] as? Bool == true)
    for place in places[2...] {
      let replies = [
        try stage.earlier.perform(.consume, on: place.name),
        try stage.earlier.perform(.read, on: place.name, "1"),
        try stage.earlier.create(place.name),
        try stage.earlier.perform(.checkout, on: place.name, "60000", "r"),
      ]
      for reply in replies { #expect(reply.isWrongType, "\(reply)") }
    }
    #expect(try stage.call("consume", places[2]).reason == "CONSUMED")
    #expect(try stage.call("consume", places[3]).reason == "DELETED")
  }

  @Test("give an operation to one of fifty callers, whichever version each of them asks")
  func race() throws {
    let stage = try UpgradeStage(sidecars: 2)
    let earlier = try (0..<25).map { _ in try EarlierSidecar(stage.redis) }
    let clients = try (0..<25).map { try stage.daemons[$0 % 2].readyClient() }
    for round in 0..<20 {
      let place = try stage.made(#"{"round":\#(round)}"#)
      // Those of the earlier version have the shorter way: the others get a head start, of less each time, and
      // every other time as long as another program takes to call Redis.
      let headStart = 25 - round
      for (number, client) in clients.enumerated() {
        try client.send(LineClient.request("pending.consume", UpgradeStage.target(place.token)))
        if number >= headStart { try earlier[number - headStart].beginConsuming(place.name) }
      }
      if !round.isMultiple(of: 2) { _ = try stage.redis.command(["PING"]) }
      for number in (25 - headStart)..<25 { try earlier[number].beginConsuming(place.name) }
      let answers = try clients.map { Answer(try $0.readLine()) }
      let replies = try earlier.map { try $0.end() }
      let winners =
        answers.count { $0["data", "round"] as? Int == round }
        + replies.count { $0.data == #"{"round":\#(round)}"# }
      #expect(winners == 1)
      let told = answers.count { $0.reason == "CONSUMED" }
      let refused = replies.count { $0.refusal == EarlierSidecar.consumed || $0.isWrongType }
      #expect(told + refused == 49)
    }
  }

  @Test("patch an operation together: none of this one's patches is lost")
  func patches() throws {
    let stage = try UpgradeStage(sidecars: 4)
    let clients = try (0..<20).map { try stage.daemons[$0 % 4].readyClient() }
    let place = try stage.made("{}")
    let calls = clients.indices.map { number in
      let patch = #","patch":{"m\#(number)":\#(number)}"#
      return [(method: "pending.update", params: UpgradeStage.target(place.token, patch))]
    }
    let answers = try ConcurrentCalls(clients).run(calls).joined().compactMap(\.answer)
    #expect(answers.allSatisfy { $0["etag"] is String }, "\(answers)")
    let data = try stage.call("verify", place)["data"] as? [String: Int]
    #expect(data?.count == 20)
  }

  @Test("hand an operation over between them: what one has leased, the other one commits")
  func lease() throws {
    let stage = try UpgradeStage()
    let receipt = try stage.receipt()
    let place = try stage.made(maxAttempts: 3)
    let reply = try stage.earlier.perform(.checkout, on: place.name, "60000", receipt.kept)
    #expect(reply.data == #"{"n":1}"#)
    let refused = try stage.call("consume", place)
    #expect(refused.reason == "CHECKED_OUT")
    #expect((1...60_000).contains(refused.retryAfterMs ?? 0), "\(refused)")
    #expect(try stage.call("checkout", place).reason == "CHECKED_OUT")
    #expect(try stage.call("verify", place)["data", "n"] as? Int == 1)
    let other = #","receipt":"ckr_other""#
    #expect(try stage.call("commit", place, other).reason == "LEASE_LOST")
    let commit = #","receipt":"\#(receipt.given)","result":"#
    let first = try stage.call("commit", place, commit + "7")
    #expect(first["result"] as? Int == 7, "\(first)")
    #expect(try stage.call("commit", place, commit + "8")["result"] as? Int == 7)
    #expect(try stage.call("consume", place).reason == "CONSUMED")
    #expect(try stage.earlier.perform(.commit, on: place.name, receipt.kept, "9").isWrongType)
  }

  @Test("tell what one has committed, or released, also when the other is asked")
  func committed() throws {
    let stage = try UpgradeStage()
    let receipt = try stage.receipt()
    let place = try stage.made(maxAttempts: 2)
    for attempt in 1...2 {
      let leased = try stage.earlier.perform(.checkout, on: place.name, "60000", receipt.kept)
      #expect(leased.elements.dropFirst(8).first == .number(attempt), "\(leased)")
      guard attempt == 1 else { break }
      _ = try stage.earlier.perform(.release, on: place.name, receipt.kept)
      #expect(try stage.call("verify", place)["state"] as? String != "dead")
    }
    _ = try stage.earlier.perform(.commit, on: place.name, receipt.kept, #"{"id":7}"#)
    let life = try stage.life(place)
    let commit = #","receipt":"\#(receipt.given)","result":8"#
    let first = try stage.call("commit", place, commit)
    #expect(first["result", "id"] as? Int == 7, "\(first)")
    #expect(try stage.call("consume", place).reason == "CONSUMED")
    #expect(abs(try stage.life(place) - life) <= 30)
  }

  @Test("notice an end once, and keep what is left as long as the one that made it has said")
  func expiry() throws {
    let log = ObservationLog(in: try Folder())
    let options = ["--access-log", log.path, "--set", "pending.sweepInterval=100ms"]
    let stage = try UpgradeStage(sidecars: 2, options)
    let places = try stage.places(30)
    for place in places { try stage.earlier.create(place.name, lifeMs: 500) }
    let index = "cloakroom:$deadlines:pending"
    #expect(try stage.redis.command(["ZCARD", index]) == "30")
    // The earlier one is the first to notice one of them.
    var noticed = false
    try eventually {
      let settled = try stage.earlier.perform(.settle, on: places[0].name).elements
      noticed = settled.prefix(2) == [.number(6), .number(1)]
      let isOver = try stage.type(places[0]) == "string" || settled.last == .number(0)
      return noticed || isOver
    }
    let expected = noticed ? 29 : 30
    func counted() throws -> Int {
      try stage.daemons.reduce(0) {
        $0 + Int(try $1.client().metrics().sum("pending_operations_total", ["event": "expired"]))
      }
    }
    try eventually("\(expected) that expired", within: .seconds(20)) {
      try counted() == expected
        && (try stage.redis.command(["EXISTS", index, index + ":held"])) == "0"
    }
    let changes = try becomesTrue(within: .milliseconds(500)) { try counted() != expected }
    #expect(!changes)
    #expect(log.entries.count { $0["action"] as? String == "expire" } == expected)
    for place in places {
      #expect((3400...3601).contains(try stage.life(place)))
      #expect(try stage.call("consume", place).reason == "EXPIRED")
    }
    // Neither index has anything left of them.
    #expect(try stage.redis.command(["KEYS", "cloakroom:$deadlines:*"]) == "")
  }

  @Test("notice a last lease's end once, and list what is dead then")
  func dead() throws {
    let stage = try UpgradeStage(sidecars: 2, ["--set", "pending.sweepInterval=100ms"])
    let place = try stage.made(maxAttempts: 1)
    // As the earlier version does, with a reminder at the lease's end.
    _ = try stage.earlier.perform(.checkout, on: place.name, "300", "r")
    _ = try stage.redis.command(["ZADD", "cloakroom:$deadlines:pending", "LT", "1", place.name])
    func counted() throws -> Int {
      try stage.daemons.reduce(0) {
        $0 + Int(try $1.client().metrics().sum("pending_operations_total", ["event": "dead"]))
      }
    }
    try eventually("one that is dead", within: .seconds(20)) { try counted() == 1 }
    let listed = try stage.client.call("pending.dead")
    #expect((listed["operations"] as? [Any])?.count == 1, "\(listed)")
    #expect(try stage.call("consume", place).reason == "CONFLICT")
    #expect(try counted() == 1)

    // One that the earlier version has noticed is listed too, and opened again, and not counted.
    let other = try stage.made(maxAttempts: 1)
    _ = try stage.earlier.perform(.checkout, on: other.name, "60000", "r")
    _ = try stage.earlier.perform(.release, on: other.name, "r")
    #expect(try stage.type(other) == "hash")
    let both = try stage.client.call("pending.dead")["operations"] as? [[String: Any]]
    let id = try #require(both?.first?["id"] as? String)
    let opened = try stage.client.call("pending.reopen", #"{"id":"\#(id)"}"#)
    #expect(opened.reason == nil, "\(opened)")
    #expect(try stage.call("consume", other)["data", "n"] as? Int == 1)
    #expect(try counted() == 1)
  }

  @Test("don't do again what the earlier one has kept an answer to")
  func idempotency() throws {
    let stage = try UpgradeStage()
    let place = try stage.places()[0]
    let key = #","idempotencyKey":"k""#
    // How either version names the call and knows it again.
    #expect(try stage.call("consume", place, key).reason == "NOT_FOUND")
    let record = try stage.redis.command(["KEYS", "*"])
    _ = try stage.redis.command(["RENAME", record, "seen"])
    try stage.create(place)
    let reply = try stage.earlier.consume(place.name, keepingIn: record, fingerprint: "f")
    #expect(reply.data == #"{"n":1}"#)
    let copy =
      "return redis.call('HSET', KEYS[1], 'fingerprint', redis.call('HGET', KEYS[2], 'fingerprint'))"
    _ = try stage.redis.command(["EVAL", copy, "2", record, "seen"])
    // Whatever there is under the name by now.
    for isThere in [false, true] {
      if isThere {
        _ = try stage.redis.command(["DEL", place.name])
        try stage.create(place)
      }
      let answer = try stage.call("consume", place, key)
      #expect(answer.reason == "CONFLICT", "\(answer)")
      #expect(answer.message?.contains("can't be read") == true, "\(answer)")
      #expect(try stage.type(place) == "hash")
    }
    #expect(try stage.call("consume", place)["data", "n"] as? Int == 1)
  }

  @Test(
    "lose no data when a connection is cut while an operation of the earlier one is written anew")
  func cut() throws {
    let stage = try UpgradeStage(proxied: true, ["--set", "pending.sweepInterval=1h"])
    let proxy = try #require(stage.proxy)
    for bytes in stride(from: 0, to: 460, by: 4) {
      let place = try stage.made()
      let cuts = proxy.cuts
      proxy.cut(.replies, after: bytes)
      let answer = try stage.call("consume", place)
      #expect(answer["data", "n"] as? Int == 1, "cut after \(bytes): \(answer)")
      #expect(try stage.type(place) == "string")
      guard proxy.cuts > cuts else { break }
      #expect(try stage.client.waitForStore())
    }
    #expect(proxy.cuts > 60)
  }
}
