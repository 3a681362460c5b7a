internal import Glibc
internal import Support
internal import Testing

@Suite("A reload", .timeLimit(.minutes(2)))
struct ReloadTests {
  private static func remark(_ client: LineClient) throws -> String? {
    (try client.call("system.health")["remarks"] as? [[String: String]] ?? [])
      .first { $0["what"] == "configuration" }?["reason"]
  }

  @Test("names each changed setting that needs a restart, until it is as it was")
  func changed() throws {
    let secret = "s3cr3t"
    let daemon = try Daemon(configuration: #"{"limits": {"connections": 100}}"#)
    let client = try daemon.client()
    #expect(try Self.remark(client) == nil)
    let file = daemon.folder + "/config.json"
    try TextFile.write(
      #"""
      {"limits": {"connections": 200, "idleTimeout": "10m"}, "store": {"url": "redis://:\#(secret)@localhost"},
       "socket": {"group": "daemon"}, "pending": {"presets": {"short": {"expiresIn": "1m"}}}}
      """#, to: file)
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try Self.remark(client) != nil })
    let remark = try #require(try Self.remark(client))
    for key in [
      "limits.connections", "limits.idleTimeout", "store", "socket.group", "pending.presets",
    ] {
      #expect(remark.contains(key), "\(remark)")
    }
    #expect(!remark.contains("limits.depth") && !remark.contains("socket.path"), "\(remark)")
    #expect(daemon.output.contains("needs a restart: limits.connections, "), "\(daemon.output)")
    #expect(!daemon.output.contains(secret))
    try TextFile.write(#"{"limits": {"connections": 100}}"#, to: file)
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try Self.remark(client) == nil })
  }
}
