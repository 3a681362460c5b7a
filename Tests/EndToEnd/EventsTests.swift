import Support
import Testing

@Suite("Events", .timeLimit(.minutes(2)))
struct EventsTests {
  @Test(
    "arrive in an envelope, with the data byte for byte as it was", arguments: EventStore.allCases)
  func envelope(store: EventStore) throws {
    try store.run { daemon, other in
      let (subscriber, publisher) = (try other.client(), try daemon.client())
      let scope = #""scope":[{"key":"org","id":"a:b*"},{"key":"team","id":"\"é\""}]"#
      let name = try subscriber.subscribe(#"{"channel":"order.\u0070aid",\#(scope)}"#)
      let data = #"{"n":9007199254740993,"d":1.10,"a":[],"s":"\ud83d\ude00 é\n"}"#
      let answer = try publisher.call(
        "events.publish",
        #"{"channel":"order.paid","data":\#(data),\#(scope),"actor":"user \"7\""}"#)
      #expect(answer["receivers"] as? Int == 1)
      let note = try subscriber.note()
      #expect(note.method == "events.message")
      #expect(
        note.names == ["subscription", "type", "data", "timestamp", "scope", "actor"])
      #expect(note["subscription"] == name)
      #expect(note["type"] == "order.paid")
      #expect(note.description.contains(#""data":\#(data),"timestamp""#))
      #expect(note["actor"] == "user \"7\"")
      #expect(note.scope == ["org=a:b*", "team=\"é\""])
      let timestamp = try #require(note["timestamp"])
      #expect(timestamp.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }
  }

  @Test("leave out what there is not, and data over several lines stays one line")
  func plain() throws {
    try EventStore.memory.run { daemon, _ in
      let client = try daemon.client()
      _ = try client.subscribe(#"{"channel":"c"}"#)
      let text = #"{"jsonrpc":"2.0","method":"events.publish","params":{"channel":"c","data":[1,"#
      try client.send(text + "\r 2]}}\n")
      let note = try client.note()
      #expect(note.names == ["subscription", "type", "data", "timestamp"])
    }
  }

  /// Patterns, channels that they match, and channels that they don't.
  static let patterns: [(String, [String], [String])] = [
    ("*", ["a", "a.b", "a:b", "*", "events:x"], []),
    ("order.*", ["order.paid", "order."], ["order", "orders.paid", "xorder.paid"]),
    ("*.paid", ["order.paid", ".paid"], ["order.paid.x"]),
    ("a*b*c", ["abc", "a-b-c"], ["ab"]),
    ("a?c", ["a?c"], ["abc"]), ("[ab]", ["[ab]"], ["a", "b"]), ("[^a]*", ["[^a]x"], ["b"]),
    ("a-z", ["a-z"], ["b"]), (#"a\\*"#, [#"a\\"#, #"a\\b"#], ["a*", "ab"]),
  ]

  @Test("come to patterns, of which only * has a meaning", arguments: EventStore.allCases)
  func matching(store: EventStore) throws {
    try store.run { daemon, other in
      let publisher = try daemon.client()
      for (pattern, channels, others) in Self.patterns {
        let subscriber = try other.client()
        _ = try subscriber.subscribe(#"{"pattern":"\#(pattern)"}"#)
        for channel in others { #expect(try publisher.publish(channel) == 0, "\(channel)") }
        for channel in channels {
          #expect(try publisher.publish(channel) == 1, "\(channel)")
          #expect(try subscriber.note()["type"] == channel.replacing(#"\\"#, with: #"\"#))
        }
        #expect(
          try subscriber.call("events.unsubscribe", #"{"subscription":"s1"}"#).result as? Bool
            == true)
        let isGone = try eventually { try publisher.publish(channels[0]) == 0 }
        #expect(isGone)
      }
    }
  }

  /// What a subscriber may spell, hoping for another tenant's events.
  static let hostile = [
    #"{"pattern":"*"}"#, #"{"pattern":"*:events:*"}"#, #"{"pattern":"**","scope":[]}"#,
    #"{"pattern":"*","scope":[{"key":"org","id":"*"}]}"#,
    #"{"pattern":"*","scope":[{"key":"org","id":"?"}]}"#,
    #"{"pattern":"*","scope":[{"key":"org","id":"[12]"}]}"#,
    #"{"pattern":"*","scope":[{"key":"*","id":"1"}]}"#,
    #"{"pattern":"*","scope":[{"key":"org","id":"1:events:"}]}"#,
    #"{"pattern":"*","scope":[{"key":"o*","id":"1\\"}]}"#,
    #"{"pattern":"org:1:events:*"}"#, #"{"pattern":"../org:1:events:*"}"#,
    #"{"channel":"org:1:events:secret"}"#, #"{"channel":"*"}"#,
  ]

  @Test(
    "never come to another tenant, however it spells its wishes", arguments: EventStore.allCases)
  func tenants(store: EventStore) throws {
    try store.run { daemon, other in
      let (subscriber, publisher) = (try other.client(), try daemon.client())
      for wish in Self.hostile { _ = try subscriber.subscribe(wish) }
      let secret = #"{"channel":"secret","data":1,"scope":[{"key":"org","id":"1"}]}"#
      #expect(try publisher.call("events.publish", secret)["receivers"] as? Int == 0)
      // The next that it hears is its own.
      _ = try subscriber.subscribe(#"{"channel":"end"}"#)
      try publisher.publish("end")
      #expect(try subscriber.note()["type"] == "end")
    }
  }

  @Test("come in the order in which one client publishes them", arguments: EventStore.allCases)
  func order(store: EventStore) throws {
    try store.run { daemon, other in
      let (subscriber, publisher) = (try other.client(), try daemon.client())
      _ = try subscriber.subscribe(#"{"channel":"c"}"#)
      let requests = (0..<3000).map {
        LineClient.request("events.publish", #"{"channel":"c","data":\#($0)}"#)
      }
      try publisher.send(requests.joined())
      _ = try publisher.readLines(3000)
      for number in 0..<3000 { #expect(try subscriber.note().number == number) }
    }
  }

  @Test("end with their subscription, and with their connection", arguments: EventStore.allCases)
  func ends(store: EventStore) throws {
    try store.run { daemon, other in
      let publisher = try daemon.client()
      var subscriber: LineClient? = try other.client()
      let name = try #require(try subscriber?.subscribe(#"{"channel":"c"}"#))
      _ = try subscriber?.subscribe(#"{"pattern":"*"}"#)
      #expect(try publisher.publish("c") == 2)
      let ended = try subscriber?.readLines(2)
      #expect(ended?.count == 2)
      let params = #"{"subscription":"\#(name)"}"#
      #expect(try subscriber?.call("events.unsubscribe", params).result as? Bool == true)
      #expect(try subscriber?.call("events.unsubscribe", params).result as? Bool == false)
      let isFewer = try eventually { try publisher.publish("c") == 1 }
      #expect(isFewer)
      subscriber = nil
      let isGone = try eventually { try publisher.publish("c") == 0 }
      #expect(isGone)
      let metrics = try other.client()
      let isCounted = try eventually {
        try metrics.metrics().sum("event_subscriptions") == 0
      }
      #expect(isCounted)
    }
  }

  @Test("come behind the reply to the call that asks for them, in a batch too")
  func batch() throws {
    try EventStore.memory.run { daemon, _ in
      let client = try daemon.client()
      let publish = #"{"jsonrpc":"2.0","id":9,"method":"events.publish","params":["c",1]}"#
      let subscribe = #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":["c"]}"#
      // The batch is not done before the last of its members is.
      let slow = #"{"jsonrpc":"2.0","id":2,"method":"system.metrics"}"#
      try client.send("[\(subscribe),\(slow)]\n\(publish)\n")
      let lines = try client.readLines(2)
      let batch = try #require(lines.firstIndex { $0.hasPrefix("[") })
      if lines.contains(where: { Answer($0)["receivers"] as? Int == 1 }) {
        #expect(try client.note().method == "events.message")
      }
      #expect(lines[batch].contains(#""subscription":"s1""#))
    }
  }

  @Test("come framed as the connection's own requests are")
  func framed() throws {
    try EventStore.memory.run { daemon, _ in
      let (subscriber, publisher) = (try daemon.client(), try daemon.client())
      let request = LineClient.request("events.subscribe", #"{"channel":"c"}"#)
      try subscriber.send("Content-Length: \(request.utf8.count)\r\n\r\n\(request)")
      #expect(Answer(try subscriber.readFramed())["subscription"] as? String == "s1")
      for size in [1, 10_000] {
        try publisher.publish("c", "\"\(String(repeating: "x", count: size))\"")
        #expect(EventNote(try subscriber.readFramed())["data"]?.count == size)
      }
    }
  }

  @Test("are heard by a client that says no more", arguments: EventStore.allCases)
  func halfClosed(store: EventStore) throws {
    try store.run { daemon, other in
      let (subscriber, publisher) = (try other.client(), try daemon.client())
      _ = try subscriber.subscribe(#"{"channel":"c"}"#)
      subscriber.finishSending()
      for number in 0..<3 {
        #expect(try publisher.publish("c", "\(number)") == 1)
        #expect(try subscriber.note().number == number)
      }
    }
  }

  @Test(
    "have a bound for the patterns of a connection together, which a pattern that ended is not among"
  )
  func patternBytes() throws {
    let options = ["--set", "limits.patternBytesPerConnection=1KiB"]
    try EventStore.memory.run(options) { daemon, _ in
      let client = try daemon.client()
      func subscribe(_ count: Int) throws -> Answer {
        let pattern = String(repeating: "-", count: count - 1) + "*"
        return try client.call("events.subscribe", #"{"pattern":"\#(pattern)"}"#)
      }
      #expect(try subscribe(1000)["subscription"] as? String == "s1")
      #expect(try subscribe(24)["subscription"] as? String == "s2")
      #expect(try subscribe(2).reason == "OVERLOADED")
      _ = try client.subscribe(#"{"channel":"c"}"#)
      _ = try client.call("events.unsubscribe", #"{"subscription":"s2"}"#)
      #expect(try subscribe(25).reason == "OVERLOADED")
      #expect(try subscribe(24).reason == nil)
      #expect(try daemon.client().call("events.subscribe", #"{"pattern":"*"}"#).reason == nil)
      let hits = try client.metrics()
      #expect(hits.sum("limit_hits_total", ["limit": "pattern_bytes"]) == 2)
    }
  }

  @Test("have bounds: subscriptions of a connection, of the sidecar, and a pattern's wildcards")
  func bounds() throws {
    let options = ["limits.subscriptions=5", "limits.subscriptionsPerConnection=3"]
    try EventStore.memory.run(options.flatMap { ["--set", $0] }) { daemon, _ in
      let (first, second) = (try daemon.client(), try daemon.client())
      for _ in 0..<3 { _ = try first.subscribe(#"{"channel":"c"}"#) }
      #expect(try first.call("events.subscribe", #"{"channel":"c"}"#).reason == "OVERLOADED")
      for _ in 0..<2 { _ = try second.subscribe(#"{"channel":"c"}"#) }
      #expect(try second.call("events.subscribe", #"{"channel":"d"}"#).reason == "OVERLOADED")
      _ = try first.call("events.unsubscribe", #"{"subscription":"s1"}"#)
      _ = try second.subscribe(#"{"channel":"d"}"#)
      let hits = try daemon.client().metrics()
      #expect(hits.sum("limit_hits_total", ["limit": "subscriptions"]) == 1)
      #expect(hits.sum("limit_hits_total", ["limit": "subscriptions_per_connection"]) == 1)
      #expect(hits.sum("event_subscriptions") == 5)
      let wild = String(repeating: "*a", count: 17)
      for params in [
        #"{"pattern":"\#(wild)"}"#, "{}", #"{"channel":"c","pattern":"c"}"#, #"{"channel":""}"#,
        #"{"pattern":7}"#,
      ] {
        #expect(try first.call("events.subscribe", params).reason == "INVALID_PARAMS", "\(params)")
      }
    }
  }
}
