import Support
import Testing

/// What people complain of in other caches, each as what is promised instead.
@Suite("A cache keeps its promise:", .timeLimit(.minutes(3)))
struct CacheTests {
  @Test(
    "a value whose tag was invalidated does not come, grace or not",
    arguments: CacheStage.Place.allCases)
  func grace(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    for _ in 0..<5 {
      #expect(try clients[0].cache("k", 1, #","grace":"1h","tags":["t","u"]"#) == "ok")
      #expect(try clients[1].cached("k", #","tags":["t","u"]"#) == "hit 1")
      try clients[1].invalidate(#"{"tags":["u"]}"#)
      for client in clients {
        #expect(try client.cached("k") == "miss")
        #expect(try client.cached("k", #","tags":["t","u"]"#) == "miss")
      }
    }
  }

  @Test(
    "a slow reader does not put the old value back, in any sidecar",
    arguments: CacheStage.Place.allCases)
  func slowReader(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let voiding = [
      #"{"tags":["t"]}"#, #"{"keys":["k"]}"#, #"{"tags":["t"],"soft":true}"#,
      #"{"keys":["k"],"soft":true}"#,
    ]
    // The tag is known from the first value on.
    #expect(try clients[0].cache("other", 0, #","tags":["t"]"#) == "ok")
    for params in voiding {
      for named in ["", #","tags":["t"]"#] {
        let lease = try clients[0].lease("k", named)
        try clients[1].invalidate(params)
        let more = #","tags":["t"],"lease":"\#(lease)""#
        #expect(try clients[0].cache("k", 1, more) == "LEASE_LOST", "\(params) \(named)")
        for client in clients { #expect(try client.cached("k") == "miss") }
        try clients[1].invalidate(#"{"keys":["k"]}"#)
      }
    }
  }

  @Test(
    "a writer's fresh value is not written over by a reader that began before it",
    arguments: CacheStage.Place.allCases)
  func freshValue(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let lease = try clients[0].lease("k")
    #expect(try clients[1].cache("k", 2) == "ok")
    #expect(try clients[0].cache("k", 1, #","lease":"\#(lease)""#) == "LEASE_LOST")
    for client in clients { #expect(try client.cached("k") == "hit 2") }
  }

  @Test(
    "a key that is added while its tag is invalidated does not live on",
    arguments: CacheStage.Place.allCases)
  func addedMeanwhile(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(8)
    let calls = clients.indices.map { index in
      (0..<100).map { number -> (method: String, params: String) in
        index < 6
          ? ("cache.set", #"{"key":"k\#(index)-\#(number)","value":1,"tags":["t"],"grace":"1h"}"#)
          : ("cache.invalidate", #"{"tags":["t"]}"#)
      }
    }
    let exchanges = try ConcurrentCalls(clients, window: 2).run(calls)
    let invalidations = exchanges[6...].joined()
    #expect(invalidations.allSatisfy { $0.answer?["tags"] as? Int == 1 })
    let last = try #require(invalidations.map(\.invokedAt).max())
    var void = 0
    for index in 0..<6 {
      for (number, exchange) in exchanges[index].enumerated() {
        guard let answered = exchange.answeredAt, answered < last else { continue }
        void += 1
        #expect(try clients[number % 8].cached("k\(index)-\(number)") == "miss")
      }
    }
    #expect(void > 0, "no key was added before the last invalidation")
  }

  @Test("what one connection asks takes effect in its order", arguments: CacheStage.Place.allCases)
  func order(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let client = try stage.clients(1)[0]
    let set = ("cache.set", #"{"key":"k","value":1,"tags":["t"],"grace":"1h"}"#)
    for params in [#"{"tags":["t"]}"#, #"{"keys":["k"]}"#, #"{"keys":["k","l"],"tags":["t"]}"#] {
      for known in ["", #","tags":["t"]"#] {
        let get = ("cache.get", #"{"key":"k","lease":false\#(known)}"#)
        let requests = [set, get, ("cache.invalidate", params), get, set, get].map {
          (method: $0.0, params: $0.1)
        }
        let answers = try client.pipeline(requests)
        let found = [1, 3, 5].map { answers[$0]?["status"] as? String ?? "" }
        #expect(found.suffix(2) == ["miss", "hit"], "\(params) \(known)")
        // What a tag reaches may be gone a little sooner, and never later.
        if !params.contains("tags") { #expect(found.first == "hit", "\(known)") }
      }
    }
  }

  @Test(
    "an invalidation that is soft leaves the value to those who can't wait",
    arguments: CacheStage.Place.allCases)
  func soft(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    #expect(try clients[0].cache("k", 1, #","grace":"1h","tags":["t"]"#) == "ok")
    try clients[1].invalidate(#"{"tags":["t"],"soft":true}"#)
    let lease = try clients[0].lease("k")
    for client in clients {
      let answer = try client.call("cache.get", #"{"key":"k","waitMs":10000}"#)
      #expect(answer["status"] as? String == "stale" && answer["value"] as? Int == 1)
      #expect(answer["lease"] == nil)
    }
    #expect(try clients[0].cache("k", 2, #","tags":["t"],"lease":"\#(lease)""#) == "ok")
    #expect(try clients[1].cached("k") == "hit 2")
  }

  @Test(
    "that there is nothing is remembered, and forgotten when it is invalidated",
    arguments: CacheStage.Place.allCases)
  func negative(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let answer = try clients[0].call(
      "cache.set", #"{"key":"k","negative":true,"ttl":"1m","tags":["t"]}"#)
    #expect(answer["ok"] as? Bool == true)
    #expect(try clients[1].cached("k") == "negative")
    try clients[0].invalidate(#"{"tags":["t"]}"#)
    #expect(try clients[1].cached("k") == "miss")
  }

  @Test(
    "a call that is repeated with the same lease is answered alike",
    arguments: CacheStage.Place.allCases)
  func repeated(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let mine = #","lease":"0123456789abcdef0123456789abcdef""#
    let lease = try clients[0].lease("k", mine)
    #expect(try clients[1].lease("k", mine) == lease)
    #expect(try clients[1].cached("k") == "miss")
    #expect(try clients[0].cache("k", 1, mine) == "ok")
    #expect(try clients[0].cache("k", 2, mine) == "LEASE_LOST")
    // Likewise where there is a stale value, and by many at the same time.
    for (place, void) in [#"{"keys":["k"]}"#, #"{"tags":["t"],"soft":true}"#].enumerated() {
      #expect(try clients[1].cache("k", 3, #","grace":"1h","tags":["t"]"#) == "ok")
      try clients[0].invalidate(void)
      let own = "another lease of mine \(place)"
      let get = (method: "cache.get", params: #"{"key":"k","waitMs":20000,"lease":"\#(own)"}"#)
      let answers = try ConcurrentCalls(clients, window: 5).run(
        clients.map { _ in Array(repeating: get, count: 20) }
      ).joined().compactMap(\.answer)
      let given = Set(
        answers.map { [$0["status"], $0["value"], $0["lease"]].map { "\($0 ?? "")" } })
      #expect(answers.count == 40)
      #expect(given == [place == 0 ? ["miss", "<null>", own] : ["stale", "3", own]])
      // It is void for all of them at once.
      try clients[1].invalidate(#"{"keys":["k"]}"#)
      #expect(try clients[0].cache("k", 4, #","lease":"\#(own)""#) == "LEASE_LOST")
    }
  }

  @Test(
    "a lease that is asked for with an idempotency key is its repetition's too",
    arguments: CacheStage.Place.allCases)
  func repeatedByKey(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let key = #","idempotencyKey":"mine""#
    let lease = try clients[0].lease("k", key)
    #expect(try clients[1].lease("k", key) == lease)
    // Another key, and another call with the same key, are another's.
    for more in [#","idempotencyKey":"another""#, key + #","leaseTtl":"5s""#] {
      let answer = try clients[1].call("cache.get", #"{"key":"k"\#(more)}"#)
      #expect(answer["status"] as? String == "miss" && answer["lease"] == nil, "\(answer)")
    }
    #expect(try clients[0].lease("l", key) != lease)
    #expect(try clients[1].cache("k", 1, #","lease":"\#(lease)""#) == "ok")
  }

  @Test(
    "a lease is void by the tags that were named for it, whatever the value had before",
    arguments: CacheStage.Place.allCases)
  func namedTags(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let named = #","tags":["new"]"#
    for before in ["", #","tags":["old"]"#] {
      #expect(try clients[0].cache("k", 1, before) == "ok")
      try clients[1].invalidate(#"{"tags":["old"]}"#)
      if before.isEmpty { try clients[1].invalidate(#"{"keys":["k"]}"#) }
      let lease = try clients[0].lease("k", named)
      try clients[1].invalidate(#"{"tags":["new"]}"#)
      // Another one makes the value at once, and does not wait for one that would be refused.
      let next = try clients[1].lease("k", named)
      #expect(try clients[0].cache("k", 2, named + #","lease":"\#(lease)""#) == "LEASE_LOST")
      #expect(try clients[1].cache("k", 3, named + #","lease":"\#(next)""#) == "ok")
      #expect(try clients[0].cached("k", named) == "hit 3")
    }
  }

  @Test("with an idempotency key nothing is done twice", arguments: CacheStage.Place.allCases)
  func idempotent(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let set = #"{"key":"k","value":1,"ttl":"1h","idempotencyKey":"set"}"#
    let first = try clients[0].call("cache.set", set)
    #expect(try clients[0].cache("k", 2) == "ok")
    let second = try clients[1].call("cache.set", set)
    #expect(first["expiresAt"] as? String == second["expiresAt"] as? String)
    #expect(try clients[1].cached("k") == "hit 2")
    let invalidate = #"{"keys":["k"],"tags":["t"],"idempotencyKey":"invalidate"}"#
    try clients[0].invalidate(invalidate)
    #expect(try clients[1].cached("k") == "miss")
    #expect(try clients[1].cache("k", 3, #","tags":["t"]"#) == "ok")
    try clients[1].invalidate(invalidate)
    #expect(try clients[0].cached("k") == "hit 3")
  }

  @Test(
    "all keys of an invalidation are void, with an idempotency key too",
    arguments: CacheStage.Place.allCases)
  func manyKeys(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    for key in ["a", "b", "c"] { #expect(try clients[0].cache(key, 1) == "ok") }
    let invalidate = #"{"keys":["a","b","c"],"idempotencyKey":"all"}"#
    let first = try clients[0].call("cache.invalidate", invalidate)
    #expect(first["keys"] as? Int == 3)
    for key in ["a", "b", "c"] { #expect(try clients[1].cached(key) == "miss") }
    #expect(try clients[0].cache("c", 2) == "ok")
    let second = try clients[1].call("cache.invalidate", invalidate)
    #expect(second["keys"] as? Int == 3)
    #expect(try clients[1].cached("c") == "hit 2")
  }

  @Test(
    "tags that only Unicode takes for equal are two, and the invalidation of one is seen",
    arguments: CacheStage.Place.allCases)
  func tagSpelling(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let (one, two) = ("caf\u{E9}", "cafe\u{301}")
    for (voided, named) in [(one, two), (two, one)] {
      let tags = #","tags":["\#(one)","\#(two)"]"#
      #expect(try clients[0].cache("k", 1, tags) == "ok")
      #expect(try clients[1].cached("k", tags) == "hit 1")
      try clients[1].invalidate(#"{"tags":["\#(voided)"]}"#)
      #expect(try clients[0].cached("k", #","tags":["\#(named)"]"#) == "miss")
      #expect(try clients[0].cached("k", tags) == "miss")
    }
  }

  @Test(
    "a tag is the same with quotes and backslashes in it, and is never taken for two",
    arguments: CacheStage.Place.allCases)
  func escapedTags(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    let tags = #","tags":["c:\\d","say \"a\""]"#
    #expect(try clients[0].cache("k", 1, tags) == "ok")
    for known in ["", tags] { #expect(try clients[1].cached("k", known) == "hit 1") }
    try clients[1].invalidate(#"{"tags":["c:\\d"]}"#)
    for known in ["", tags] { #expect(try clients[0].cached("k", known) == "miss") }
    // In the store, a backslash and an n stand between two tags.
    #expect(try clients[0].cache("other", 0, #","tags":["a\\nb"]"#) == "ok")
    #expect(try clients[0].cache("k", 2, #","tags":["a","b"]"#) == "ok")
    try clients[1].invalidate(#"{"tags":["b"]}"#)
    #expect(try clients[0].cached("k", #","tags":["a\\nb"]"#) == "miss")
  }

  @Test(
    "what is not there is not invalidated, and nothing at all is no fault",
    arguments: CacheStage.Place.allCases)
  func nothing(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let client = try stage.clients(1)[0]
    try client.invalidate(#"{"keys":["none"],"tags":["none"]}"#)
    let answer = try client.call("cache.invalidate", #"{"keys":[],"tags":[]}"#)
    #expect(answer["keys"] as? Int == 0 && answer["tags"] as? Int == 0)
    #expect(try client.call("cache.invalidate", "{}").reason == "INVALID_PARAMS")
    let release = #"{"key":"k","lease":"0123456789abcdef0123"}"#
    #expect(try client.call("cache.release", release)["released"] as? Bool == false)
  }

  @Test("a value comes back byte for byte", arguments: CacheStage.Place.allCases)
  func bytes(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let client = try stage.clients(1)[0]
    for value in ["9007199254740993", "1.10", "1e400", "[]", "{}", #""\u0041""#, "null"] {
      _ = try client.call("cache.set", #"{"key":"k","value":\#(value),"tags":["t"]}"#)
      let answer = try client.call("cache.get", #"{"key":"k"}"#)
      #expect(answer.text.contains(#""value":\#(value),"ageMs""#), "\(answer)")
    }
  }

  @Test("one scope's tags and keys are no other's", arguments: CacheStage.Place.allCases)
  func scopes(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let client = try stage.clients(1)[0]
    let scopes = [
      "", #","scope":[{"key":"org","id":"1"}]"#, #","scope":[{"key":"org","id":"1:cache:t"}]"#,
    ]
    for (number, scope) in scopes.enumerated() {
      #expect(try client.cache("k", number, #","tags":["t"]\#(scope)"#) == "ok")
    }
    for (number, scope) in scopes.enumerated() {
      try client.invalidate(#"{"tags":["t"]\#(scope)}"#)
      for (other, its) in scopes.enumerated() {
        #expect(try client.cached("k", its) == (other <= number ? "miss" : "hit \(other)"))
      }
    }
  }
}
