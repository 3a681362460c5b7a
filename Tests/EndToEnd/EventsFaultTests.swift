import Glibc
import Support
import Testing

@Suite("Events when something fails", .timeLimit(.minutes(6)))
struct EventsFaultTests {
  @Test("come again after Redis was killed, and subscribers are told that some may be missing")
  func restart() throws {
    let redis = try RedisServer()
    let daemons = try (0..<2).map { _ in
      try RedisSidecar.start(redis.socketPath, patience: "4s", loops: 2)
    }
    let publisher = try daemons[0].readyClient()
    let subscribers = try daemons.flatMap { daemon in
      try (0..<3).map { _ in try daemon.readyClient() }
    }
    for subscriber in subscribers {
      _ = try subscriber.subscribe(#"{"channel":"c"}"#)
      _ = try subscriber.subscribe(#"{"pattern":"*"}"#)
    }
    for _ in 0..<2 {
      redis.kill()
      try redis.restart()
      for subscriber in subscribers {
        let gaps = try [subscriber.note(), subscriber.note()]
        #expect(gaps.map(\.method) == ["events.gap", "events.gap"])
        #expect(gaps.allSatisfy { $0["reason"] == "reconnected" && $0.dropped == nil })
        #expect(Set(gaps.map { $0["subscription"] }) == ["s1", "s2"])
      }
      #expect(try publisher.waitForStore())
      #expect(try publisher.publish("c") == 4)
      for subscriber in subscribers {
        let events = try [subscriber.note(), subscriber.note()]
        #expect(Set(events.map { $0["subscription"] }) == ["s1", "s2"])
      }
    }
    let metrics = try daemons[1].client().metrics()
    #expect(metrics.sum("event_gaps_total", ["reason": "reconnected"]) == 12)
    #expect(metrics.sum("events_delivered_total") == 12)
  }

  @Test("are refused to new subscribers while Redis is down")
  func down() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "4s")
    let client = try daemon.readyClient()
    redis.kill()
    let isRefused = try eventually {
      let answer = try client.call("events.subscribe", #"{"channel":"c"}"#)
      return answer.reason == "UNAVAILABLE" && answer.isRetryable == true
    }
    #expect(isRefused)
    try redis.restart()
    let isBack = try eventually {
      try client.call("events.subscribe", #"{"channel":"c"}"#).reason == nil
    }
    #expect(isBack)
  }

  @Test("stop a call that asks for them at its deadline")
  func deadline() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "10s")
    let client = try daemon.readyClient()
    redis.pause()
    defer { redis.resume() }
    let answer = try client.call("events.subscribe", #"{"channel":"c","deadlineMs":50}"#)
    #expect(answer.reason == "DEADLINE_EXCEEDED")
    redis.resume()
    _ = try client.subscribe(#"{"channel":"d"}"#)
    #expect(try client.publish("c") == 0)
  }

  @Test("wait for a slow reader up to a bound, who is told how many are missing")
  func overflow() throws {
    let options = ["--set", "limits.waitingEvents=50", "--set", "limits.waitingEventBytes=64KiB"]
    try EventStore.memory.run(options) { daemon, _ in
      let (slow, fast, publisher) = (
        try daemon.client(), try daemon.client(), try daemon.client()
      )
      _ = try slow.subscribe(#"{"channel":"c"}"#)
      _ = try fast.subscribe(#"{"channel":"c"}"#)
      let memory = try publisher.metrics().sum("process_resident_memory_bytes")
      let padding = String(repeating: "x", count: 10_000)
      let total = 3000
      for number in 0..<total {
        #expect(try publisher.publish("c", #"[\#(number),"\#(padding)"]"#) == 1)
        let text = try fast.readLine()
        #expect(text.contains(#""data":[\#(number),"#))
      }
      let metrics = try publisher.metrics()
      #expect(metrics.sum("process_resident_memory_bytes") < memory + 20e6)
      #expect(metrics.sum("events_dropped_total", ["cause": "slow_reader"]) > 0)
      #expect(metrics.sum("limit_hits_total", ["limit": "waiting_events"]) > 0)
      // It begins to read: what came first, then how many are missing, then what comes now.
      var next = 0
      var gaps = 0
      try publisher.send(
        LineClient.request("events.publish", #"{"channel":"c","data":[-1,"end"]}"#))
      while true {
        let note = try slow.note()
        if note.method == "events.gap" {
          #expect(note["reason"] == "overflow")
          next += try #require(note.dropped)
          gaps += 1
        } else if note.description.contains("[-1,") {
          break
        } else {
          #expect(note.description.contains("[\(next),"))
          next += 1
        }
        // The one at the end may have been dropped too; then it is told how many there were.
        if next == total + 1 { break }
      }
      #expect(next >= total)
      #expect(gaps > 0)
      _ = try publisher.readLine()
      #expect(try publisher.publish("c", "7") == 1)
      #expect(try slow.note().number == 7)
    }
  }

  @Test("take nothing from others when their client is killed", arguments: EventStore.allCases)
  func killed(store: EventStore) throws {
    try store.run { daemon, other in
      let publisher = try daemon.client()
      let request = LineClient.request("events.subscribe", #"{"channel":"c"}"#)
      let path = other.folder + "/request"
      try TextFile.write(request, to: path)
      // It goes on listening where the file has ended.
      let victim = try ChildProcess(
        ["socat", "OPEN:\(path),ignoreeof", "UNIX-CONNECT:\(other.socketPath)"],
        environment: Tool.environment, output: other.folder + "/victim")
      let isThere = try eventually { try publisher.publish("c") == 1 }
      #expect(isThere)
      victim.kill()
      let isGone = try eventually { try publisher.publish("c") == 0 }
      #expect(isGone)
    }
  }

  @Test("that another program has published arrive, in an envelope of theirs or of the sidecar's")
  func foreign() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "4s")
    let client = try daemon.readyClient()
    _ = try client.subscribe(#"{"channel":"c"}"#)
    _ = try client.subscribe(#"{"pattern":"*"}"#)
    for (text, type, data) in [
      (#"{"data":1,"type":"t"}"#, "t", "1"), (" { \"type\" :\r\n\"t\",\n \"data\":1}\n", "t", "1"),
      (#"{"type":"t","data":[]}"#, "t", "[]"),
      (#"{"actor":"a","type":"\u0074","data":1}"#, "t", "1"),
      ("7", "c", "7"), ("\"text\"", "c", "\"text\""), ("{}", "c", "{}"),
      ("[\n1.10]", "c", "[ 1.10]"),
      (#"{"type":"t"}"#, "c", #"{"type":"t"}"#),
      (#"{"type":1,"data":2}"#, "c", #"{"type":1,"data":2}"#),
      (#"{"subscription":"s9"}"#, "c", #"{"subscription":"s9"}"#),
    ] {
      _ = try redis.command(["PUBLISH", "cloakroom:default:events:c", text])
      let notes = try [client.note(), client.note()]
      #expect(Set(notes.map { $0["subscription"] }) == ["s1", "s2"], "\(text)")
      for note in notes {
        #expect(note.method == "events.message" && note["type"] == type, "\(text): \(note)")
        #expect(note.description.contains(#""data":\#(data)"#), "\(text): \(note)")
        #expect(type == "t" || note["timestamp"]?.hasSuffix("Z") == true, "\(note)")
      }
    }
  }

  @Test("that are none are not passed on")
  func malformed() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "4s")
    let client = try daemon.readyClient()
    _ = try client.subscribe(#"{"channel":"c"}"#)
    let name = "cloakroom:default:events:c"
    let texts = [
      "", "hello", "{", #"{"type":"c""#, #"{"type":"c"}x"#, "1 2",
      #"{"data":1,"type":"c","subscription":"s1"}"#,
    ]
    for text in texts { _ = try redis.command(["PUBLISH", name, text]) }
    #expect(try client.publish("c", "7") == 1)
    let lines = try client.readLines(1)
    #expect(EventNote(lines[0]).number == 7)
    let dropped = try client.metrics().sum("events_dropped_total", ["cause": "malformed"])
    #expect(dropped == Double(texts.count))
  }

  @Test("end when the policy takes them away, and the client is told")
  func policy() throws {
    func policy(_ methods: String) -> String {
      #"{"services": {"mine": {"uids": [\#(getuid())], "methods": \#(methods)}}}"#
    }
    let daemon = try Daemon(configuration: policy(#"["events.*"]"#))
    let (subscriber, publisher) = (try daemon.client(), try daemon.client())
    _ = try subscriber.subscribe(#"{"channel":"c"}"#)
    try TextFile.write(policy(#"["events.publish"]"#), to: daemon.folder + "/config.json")
    daemon.process.signal(SIGHUP)
    let note = try subscriber.note()
    #expect(note.method == "events.ended")
    #expect(note["subscription"] == "s1")
    #expect(note["reason"] == "policy")
    #expect(try publisher.publish("c") == 0)
  }
}
