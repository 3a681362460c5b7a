import Foundation
import Glibc
import Support
import Testing

@Suite("Flows", .timeLimit(.minutes(3)))
struct FlowTests {
  private static let one = #"{"name":"w","steps":[{"id":"a"},{"id":"b"}]}"#
  private static let two = #"{"name":"w","steps":[{"id":"a"},{"id":"c"}]}"#

  /// The names of a list, sorted.
  private static func names(_ answer: Answer) -> [String] {
    let flows = answer["flows"] as? [[String: Any]] ?? []
    return flows.compactMap { $0["name"] as? String }.sorted()
  }

  @Test(
    "have a number for each definition, and a definition that comes back its old one",
    arguments: EventStore.allCases)
  func versions(store: EventStore) throws {
    try store.run { one, other in
      let (first, second) = (try one.client(), try other.client())
      #expect(try first.call("flow.define", Self.one)["version"] as? Int == 1)
      // The same in other words.
      let same = #"{"steps":[ {"id":"\u0061"}, {"id":"b"} ],"name":"w"}"#
      #expect(try second.call("flow.define", same)["version"] as? Int == 1)
      #expect(try second.call("flow.define", Self.two)["version"] as? Int == 2)
      #expect(try first.call("flow.define", Self.one)["version"] as? Int == 1)
      let current = try second.call("flow.get", #"{"name":"w"}"#)
      #expect(current["version"] as? Int == 1)
      #expect(current["current"] as? Bool == true)
      #expect(current["versions"] as? [Int] == [1, 2])
      let old = try first.call("flow.get", #"{"name":"w","version":2}"#)
      #expect(old["current"] as? Bool == false)
      #expect(old.text.contains(#"{"id":"c"}"#))
      #expect(try first.call("flow.get", #"{"name":"w","version":3}"#).reason == "NOT_FOUND")
    }
  }

  @Test(
    "are defined at once by many, and two definitions have two numbers",
    arguments: EventStore.allCases)
  func race(store: EventStore) throws {
    try store.run { one, other in
      let clients = try [one, other, one, other].map { try $0.client() }
      for (index, client) in clients.enumerated() {
        for round in 0..<10 {
          try client.send(
            LineClient.request("flow.define", (index + round) % 2 == 0 ? Self.one : Self.two))
        }
      }
      var versions: [String: Set<Int>] = [:]
      for (index, client) in clients.enumerated() {
        for round in 0..<10 {
          let version = try #require(Answer(try client.readLine())["version"] as? Int)
          versions[(index + round) % 2 == 0 ? "one" : "two", default: []].insert(version)
        }
      }
      #expect(versions["one"]?.count == 1 && versions["two"]?.count == 1)
      #expect(versions["one"]?.union(versions["two"] ?? []) == [1, 2])
    }
  }

  @Test("are of a scope, and of no other", arguments: EventStore.allCases)
  func scopes(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      let scope = #""scope":[{"key":"org","id":"1"}]"#
      #expect(
        try client.call(
          "flow.define", #"{"name":"own","steps":[{"id":"a"}],\#(scope)}"#)["version"] as? Int == 1)
      try client.call("flow.define", Self.one)
      #expect(try client.call("flow.get", #"{"name":"own"}"#).reason == "NOT_FOUND")
      #expect(try client.call("flow.get", #"{"name":"w",\#(scope)}"#).reason == "NOT_FOUND")
      #expect(try Self.names(client.call("flow.list")) == ["w"])
      #expect(try Self.names(client.call("flow.list", "{\(scope)}")) == ["own"])
      #expect(try client.call("flow.remove", #"{"name":"own"}"#).reason == "NOT_FOUND")
    }
  }

  @Test("are listed page by page, and not when they are gone", arguments: EventStore.allCases)
  func list(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      for number in 0..<25 {
        try client.call("flow.define", #"{"name":"w\#(number)","steps":[{"id":"a"}]}"#)
      }
      let removed = try client.call("flow.remove", #"{"name":"w7"}"#)
      #expect(removed["removed"] as? Bool == true)
      #expect(removed["liveSessions"] as? Int == 0)
      var found: [String] = []
      var cursor = "null"
      var pages = 0
      repeat {
        let page = try client.call("flow.list", #"{"count":10,"cursor":\#(cursor)}"#)
        found += Self.names(page)
        cursor = (page["cursor"] as? String).map { "\"\($0)\"" } ?? "null"
        pages += 1
        try #require(pages < 10)
      } while cursor != "null"
      #expect(found.count == 24 && Set(found).count == 24 && !found.contains("w7"))
      #expect(
        try client.call("flow.list", #"{"cursor":"eA"}"#).reason == "INVALID_PARAMS")
    }
  }

  @Test(
    "that are removed are gone, and defined again they have their old number",
    arguments: EventStore.allCases)
  func remove(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      try client.call("flow.define", Self.two)
      try client.call("flow.define", Self.one)
      #expect(try client.call("flow.remove", #"{"name":"w"}"#)["closed"] as? Bool == true)
      #expect(try client.call("flow.get", #"{"name":"w"}"#).reason == "NOT_FOUND")
      #expect(try client.call("flow.remove", #"{"name":"w"}"#).reason == "NOT_FOUND")
      #expect(try client.call("flow.define", Self.one)["version"] as? Int == 2)
    }
  }

  @Test(
    "are refused with the place of their fault, and nothing is written",
    arguments: EventStore.allCases)
  func faults(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      let circle = try client.call(
        "flow.define",
        #"{"name":"w","steps":[{"id":"a"},{"id":"b","requires":["c"]},{"id":"c"}]}"#)
      #expect(circle.reason == "INVALID_PARAMS")
      #expect(circle.detail("pointer") as? String == "/steps/2")
      #expect(circle.message?.contains("b → c → b") == true)
      let life = try client.call(
        "flow.define", #"{"name":"w","steps":[{"id":"a"}],"absoluteTtl":0}"#)
      #expect(life.reason == "TTL_INVALID")
      #expect(life.detail("pointer") as? String == "/absoluteTtl")
      let name = try client.call("flow.define", #"{"name":"a b","steps":[{"id":"a"}]}"#)
      #expect(name.detail("pointer") as? String == "/name")
      #expect(try client.call("flow.get", #"{"name":"w"}"#).reason == "NOT_FOUND")
    }
  }

  @Test("that are defined with an idempotencyKey are defined once", arguments: EventStore.allCases)
  func repeated(store: EventStore) throws {
    try store.run { one, other in
      let (first, second) = (try one.client(), try other.client())
      let keyed = { (definition: String) in
        definition.dropLast() + #","idempotencyKey":"k"}"#
      }
      #expect(try first.call("flow.define", String(keyed(Self.one)))["version"] as? Int == 1)
      try first.call("flow.define", Self.two)
      #expect(try second.call("flow.define", String(keyed(Self.one)))["version"] as? Int == 1)
      // It was told, and not done again.
      #expect(try second.call("flow.get", #"{"name":"w"}"#)["version"] as? Int == 2)
      #expect(
        try second.call("flow.define", String(keyed(Self.two))).reason == "IDEMPOTENCY_MISMATCH")
    }
  }

  // MARK: From files

  /// A folder of flows with one in it.
  private static func folder(_ text: String = one) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try TextFile.write(text, to: folder("w.json"))
    return folder
  }

  @Test(
    "of files are there without a call, and no call changes them", arguments: EventStore.allCases)
  func files(store: EventStore) throws {
    let folder = try Self.folder()
    try store.run(["--flows", folder.path]) { one, other in
      let (first, second) = (try one.client(), try other.client())
      #expect(try Self.names(first.call("flow.list")) == ["w"])
      let got = try second.call("flow.get", #"{"name":"w"}"#)
      #expect(got["version"] as? Int == 1)
      #expect(got["source"] as? String == "file")
      #expect(try first.call("flow.define", Self.two).reason == "CONFLICT")
      #expect(try first.call("flow.remove", #"{"name":"w"}"#).reason == "CONFLICT")
      #expect(
        try second.call("flow.define", #"{"name":"v","steps":[{"id":"a"}]}"#)["version"] as? Int
          == 1)
      #expect(try Self.names(first.call("flow.list")) == ["v", "w"])
    }
  }

  @Test("of files are listed again after the store has lost everything")
  func flushed() throws {
    let folder = try Self.folder()
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, ["--flows", folder.path])
    let client = try daemon.readyClient()
    #expect(try Self.names(client.call("flow.list")) == ["w"])
    #expect(try client.call("session.create", #"{"flow":"w"}"#)["version"] as? Int == 1)
    _ = try redis.command(["FLUSHALL"])
    #expect(try Self.names(client.call("flow.list")) == ["w"])
    _ = try redis.command(["FLUSHALL"])
    #expect(try client.call("session.create", #"{"flow":"w"}"#)["version"] as? Int == 1)
    #expect(try Self.names(client.call("flow.list")) == ["w"])
  }

  @Test("that were defined under a longer session.ttl go on under a shorter one")
  func lowered() throws {
    let redis = try RedisServer()
    let before = try RedisSidecar.start(redis.socketPath)
    let definition = #"{"name":"w","steps":[{"id":"a"}],"idleTtl":"20h"}"#
    #expect(try before.readyClient().call("flow.define", definition)["version"] as? Int == 1)
    let session = try before.readyClient().call("session.create", #"{"flow":"w"}"#)
    let id = try #require(session["sessionId"] as? String)
    let after = try RedisSidecar.start(redis.socketPath, ["--set", "session.ttl=1h"])
    let client = try after.readyClient()
    let step = #"{"sessionId":"\#(id)","step":"a"}"#
    #expect(try client.call("session.completeStep", step)["canSubmit"] as? Bool == true)
    let new = try client.call("session.create", #"{"flow":"w"}"#)
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let ends = try format.parse(try #require(new["expiresAt"] as? String))
    #expect(abs(ends.timeIntervalSinceNow - 3600) < 60, "\(new)")
    // Defined anew, it is told what is wrong with it.
    let again = try client.call("flow.define", definition)
    #expect(again.reason == "INVALID_PARAMS" && again.detail("pointer") as? String == "/idleTtl")
  }

  @Test("of files are read anew on SIGHUP, and stay as they are when one is faulty")
  func reload() throws {
    let folder = try Self.folder()
    let daemon = try Daemon(["--flows", folder.path])
    let client = try daemon.client()
    #expect(try client.call("flow.get", #"{"name":"w"}"#)["version"] as? Int == 1)
    try TextFile.write(Self.two, to: folder("w.json"))
    daemon.process.signal(SIGHUP)
    let isNew = try eventually {
      try client.call("flow.get", #"{"name":"w"}"#)["version"] as? Int == 2
    }
    #expect(isNew)
    // A good change beside a faulty file: neither is taken.
    try TextFile.write(Self.one, to: folder("w.json"))
    try TextFile.write(#"{"steps":[{"id":"x","when":7}]}"#, to: folder("v.json"))
    daemon.process.signal(SIGHUP)
    let isTold = eventually { daemon.output.contains("the flows stay as they are") }
    #expect(isTold)
    #expect(daemon.output.contains("v.json: /steps/0/when: "))
    #expect(try client.call("flow.get", #"{"name":"w"}"#)["version"] as? Int == 2)
    #expect(try client.call("flow.get", #"{"name":"v"}"#).reason == "NOT_FOUND")
    let health = try client.call("system.health")
    #expect(health.text.contains(#""what":"flows""#) && health.text.contains("/steps/0/when"))
    #expect(try client.metrics().sum("flows_reload_failures_total") == 1)
    // Mended, both are, and the old definition has its old number.
    try TextFile.write(#"{"steps":[{"id":"x"}]}"#, to: folder("v.json"))
    daemon.process.signal(SIGHUP)
    let isMended = try eventually {
      try client.call("flow.get", #"{"name":"w"}"#)["version"] as? Int == 1
    }
    #expect(isMended)
    #expect(try client.call("flow.get", #"{"name":"v"}"#)["version"] as? Int == 1)
    #expect(try !client.call("system.health").text.contains(#""what":"flows""#))
  }

  @Test("of files that say nothing of a life have sessions that live for SESSION_TTL")
  func sessionTTL() throws {
    let folder = try Self.folder(#"{"steps":[{"id":"a"}]}"#)
    let daemon = try Daemon(["--flows", folder.path, "--set", "session.ttl=1h"])
    let client = try daemon.client()
    let session = try client.call("session.create", #"{"flow":"w"}"#)
    let id = try #require(session["sessionId"] as? String)
    let answer = try client.call("session.get", #"{"sessionId":"\#(id)"}"#)
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let made = try format.parse(try #require(answer["createdAt"] as? String))
    let ends = try format.parse(try #require(answer["expiresAt"] as? String))
    #expect(ends.timeIntervalSince(made) == 3600)
  }

  @Test("of a file that is gone are closed, and calls may define them then")
  func gone() throws {
    let folder = try Self.folder()
    let daemon = try Daemon(["--flows", folder.path])
    let client = try daemon.client()
    #expect(try client.call("flow.get", #"{"name":"w"}"#)["closed"] as? Bool == false)
    unlink(folder("w.json"))
    daemon.process.signal(SIGHUP)
    let isClosed = try eventually {
      try client.call("flow.get", #"{"name":"w"}"#)["closed"] as? Bool == true
    }
    #expect(isClosed)
    #expect(try client.call("flow.define", Self.two)["version"] as? Int == 2)
    let now = try client.call("flow.get", #"{"name":"w"}"#)
    #expect(now["closed"] as? Bool == false)
    #expect(now["source"] as? String == "call")
  }

  @Test(
    "of faulty files stop a start, and --check, with the file and the place",
    arguments: [true, false])
  func start(isCheck: Bool) throws {
    let folder = try Self.folder(#"{"steps":[{"id":"a","requires":["b"]}]}"#)
    let run = try ProgramRun(
      ["serve", "--socket", folder("c.sock"), "--flows", folder.path]
        + (isCheck ? ["--check"] : []))
    #expect(run.exit == .status(64))
    #expect(
      run.errors.contains("w.json: /steps/0/requires/0: no step has that id"), "\(run.errors)")
    #expect(!TextFile.exists(folder("c.sock")))
  }
}
