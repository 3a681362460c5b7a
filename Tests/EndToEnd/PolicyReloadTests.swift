import Glibc
import Support
import Testing

@Suite("A policy that is read anew on SIGHUP", .timeLimit(.minutes(2)))
struct PolicyReloadTests {
  private func policy(_ methods: String, rate: String = "") -> String {
    #"{"services": {"mine": {"uids": [\#(getuid())], "methods": \#(methods)\#(rate)}}}"#
  }

  private func replace(_ daemon: Daemon, _ text: String) throws {
    try TextFile.write(text, to: daemon.folder + "/config.json")
    daemon.process.signal(SIGHUP)
  }

  @Test("holds for the connections that there are")
  func connections() throws {
    let daemon = try Daemon(configuration: policy(#"["kv.get"]"#))
    let old = try daemon.client()
    #expect(try old.call("kv.set", #"{"key":"a","value":1}"#).reason == "FORBIDDEN")
    try replace(daemon, policy(#"["kv.set"]"#))
    let isNew = try eventually {
      try old.call("kv.set", #"{"key":"a","value":1}"#).reason == nil
    }
    #expect(isNew)
    #expect(try old.call("kv.get", #"{"key":"a"}"#).reason == "FORBIDDEN")
    let isTold = eventually { daemon.output.contains("policy reloaded") }
    #expect(isTold)
  }

  @Test("takes a service away from a connection that has chosen it")
  func chosen() throws {
    let two = #"""
      {"services": {"one": {"uids": [\#(getuid())]}, "two": {"uids": [\#(getuid())]}}}
      """#
    let daemon = try Daemon(configuration: two)
    let client = try daemon.client()
    try client.call("system.hello", #"{"service":"two"}"#)
    try replace(daemon, #"{"services": {"one": {"uids": [\#(getuid())]}}}"#)
    // It is not made to be another service behind its back.
    let isRefused = try eventually {
      try client.call("kv.get", #"{"key":"a"}"#).reason == "FORBIDDEN"
    }
    #expect(isRefused)
    // The loops take the policy on one after the other, and a new connection may be of another loop.
    let isKnown = try eventually {
      try daemon.client().call("system.hello")["services"] as? [String] == ["one"]
    }
    #expect(isKnown)
    #expect(try daemon.client().call("kv.get", #"{"key":"a"}"#).reason == nil)
  }

  @Test("brings a rate, and takes it away again")
  func rate() throws {
    let daemon = try Daemon(configuration: policy(#"["*"]"#))
    let client = try daemon.client()
    let calls = Array(repeating: ("kv.get", #"{"key":"a"}"#), count: 20)
    #expect(try client.pipeline(calls).values.allSatisfy { $0.reason == nil })
    try replace(daemon, policy(#"["*"]"#, rate: #", "rate": 1, "burst": 2"#))
    let isLimited = try eventually {
      try client.pipeline(calls).values.contains { $0.reason == "RATE_LIMITED" }
    }
    #expect(isLimited)
    try replace(daemon, policy(#"["*"]"#))
    let isFree = try eventually {
      try client.pipeline(calls).values.allSatisfy { $0.reason == nil }
    }
    #expect(isFree)
  }

  @Test(
    "stays as it was when the file is broken, and the log says what is wrong",
    arguments: [
      ("{", "config.json"),
      (#"{"services": {"mine": {"uids": "all"}}}"#, "services.mine.uids"),
      (#"{"services": {"mine": {"methods": ["kv.*"]}}}"#, "services.mine"),
      (#"{"services": {"mine": {"users": ["*"], "methods": ["kv.gte"]}}}"#, "kv.get"),
      (#"{"limits": {"depth": 1}, "services": {"mine": {"users": ["*"]}}}"#, "limits.depth"),
    ])
  func broken(text: String, fault: String) throws {
    let daemon = try Daemon(configuration: policy(#"["kv.get", "system.hello"]"#))
    let client = try daemon.client()
    try replace(daemon, text)
    let isTold = eventually { daemon.output.contains("the policy stays as it is") }
    #expect(isTold)
    #expect(daemon.output.contains(fault))
    #expect(try client.call("kv.get", #"{"key":"a"}"#).reason == nil)
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason == "FORBIDDEN")
    // The next good one is taken.
    try replace(daemon, policy(#"["kv.set"]"#))
    let isNew = try eventually {
      try client.call("kv.set", #"{"key":"a","value":1}"#).reason == nil
    }
    #expect(isNew)
  }

  @Test("stays as it was when the file is gone")
  func gone() throws {
    let daemon = try Daemon(configuration: policy(#"["kv.get"]"#))
    let client = try daemon.client()
    unlink(daemon.folder + "/config.json")
    daemon.process.signal(SIGHUP)
    let isTold = eventually { daemon.output.contains("the policy stays as it is") }
    #expect(isTold)
    #expect(try client.call("kv.get", #"{"key":"a"}"#).reason == nil)
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason == "FORBIDDEN")
  }
}
