import Support
import Testing

@Suite("A subscriber", .timeLimit(.minutes(2)))
struct EventsGapTests {
  /// So many messages wait for one loop at most.
  private static let waitingMessages = 65_536

  @Test(
    "misses none of a batch of more events than wait for a loop: they go out between its members")
  func batch() throws {
    let count = Self.waitingMessages + 10
    let daemon = try Daemon(
      ["--loops", "1"]
        + [
          "limits.batchLength=100000", "limits.frameBytes=32MiB", "limits.waitingEvents=1000000",
          "limits.waitingEventBytes=1GiB", "limits.unreadReplyBytes=64MiB",
        ].flatMap { ["--set", $0] })
    let (subscriber, publisher) = (try daemon.client(), try daemon.client())
    _ = try subscriber.subscribe(#"{"channel":"c"}"#)
    let publish = #"{"jsonrpc":"2.0","method":"events.publish","params":["c",0,false]}"#
    let batch = Array(repeating: publish, count: count).joined(separator: ",")
    try publisher.send("[\(batch)]\n")
    for _ in 0..<count {
      let line = try subscriber.readLine(within: .seconds(60))
      guard line.contains(#""data":0,"#) else {
        Issue.record("\(line) comes among the events")
        return
      }
    }
    #expect(try publisher.publish("c", "7") == 1)
    #expect(try subscriber.note().number == 7)
    let metrics = try publisher.metrics()
    #expect(metrics.sum("events_dropped_total", ["cause": "busy_loop"]) == 0)
    #expect(metrics.sum("event_gaps_total", ["reason": "overflow"]) == 0)
  }

  @Test(
    "that says nothing is not silent: no idle timeout closes it", arguments: EventStore.allCases)
  func idle(store: EventStore) throws {
    try store.run(["--set", "limits.idleTimeout=1s"]) { daemon, _ in
      let subscriber = try daemon.client()
      _ = try subscriber.subscribe(#"{"channel":"c"}"#)
      // Others that came later, and were as silent, have been closed one after the other.
      for _ in 0..<2 {
        let silent = try daemon.client()
        #expect(try silent.call("system.ping").result != nil)
        #expect(silent.isClosed(within: .seconds(10)))
      }
      #expect(try daemon.client().publish("c", "7") == 1)
      #expect(try subscriber.note().number == 7)
      // Once it listens no more, it is as any other.
      #expect(
        try subscriber.call("events.unsubscribe", #"{"subscription":"s1"}"#).result as? Bool == true
      )
      #expect(subscriber.isClosed(within: .seconds(10)))
    }
  }
}
