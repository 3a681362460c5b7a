internal import Support
internal import Testing

@Suite("The command line", .timeLimit(.minutes(2)), .sharedSidecar())
struct CommandLineTests {
  private func run(
    _ arguments: String..., input: String = ""
  ) throws -> ProgramRun {
    let sidecar = try #require(SharedSidecar.current)
    return try ProgramRun(
      arguments, environment: ["CLOAKROOM_SOCKET": sidecar.socketPath], input: input)
  }

  @Test("prints a result as it came, and ends with 0")
  func result() throws {
    let set = try run("call", "kv.set", #"{"key":"raw","value":{ "n":1.50, "s":"\u00e9" }}"#)
    #expect(set.exit == .status(0))
    #expect(set.output == "{\"ok\":true}\n")
    let get = try run("call", "kv.get", #"{"key":"raw"}"#)
    #expect(get.output == #"{"found":true,"value":{ "n":1.50, "s":"\u00e9" }}"# + "\n")
    #expect(get.errors == "")
    #expect(try run("call", "kv.get", #"["raw"]"#, "--pretty").output.contains("\n  \"found\""))
  }

  @Test("takes parameters from standard input and from a file")
  func input() throws {
    let piped = try run(
      "call", "kv.set", "-", input: "{\"key\": \"piped\",\n \"value\": [1,\n2]}\n")
    #expect(piped.exit == .status(0), "\(piped.errors)")
    let folder = try ScratchFolder()
    try TextFile.write(#"["piped"]"#, to: folder("params.json"))
    let read = try run("call", "kv.get", "@" + folder("params.json"))
    #expect(read.output.filter { $0 != " " } == "{\"found\":true,\"value\":[1,2]}\n")
  }

  @Test("tells an error on standard error, and ends with its status")
  func errors() throws {
    let refused = try run("call", "kv.set", #"{"key":"k","value":1,"ttl":-1}"#)
    #expect(refused.exit == .status(1))
    #expect(refused.output == "")
    #expect(refused.errors.hasPrefix("TTL_INVALID: "))
    let unknown = try run("call", "kv.gte", "{}")
    #expect(unknown.exit == .status(64))
    #expect(unknown.errors.contains("did you mean kv.get"))
    #expect(try run("call", "kv.get", "{").exit == .status(64))
    #expect(try run("call", "kv.get", "@/no/such/file").exit == .status(66))
    #expect(try run("call").exit == .status(64))
    #expect(try run("call", "system.ping", "--timeout", "0").exit == .status(64))
  }

  @Test("tells a sidecar that is well from one that is degraded, hangs or is not there")
  func health() throws {
    let well = try run("health")
    #expect(well.exit == .status(0))
    #expect(well.output.hasPrefix(#"{"status":"ok""#))
    let quiet = try run("health", "--quiet")
    #expect(quiet.exit == .status(0) && quiet.output == "" && quiet.errors == "")

    let folder = try ScratchFolder()
    let absent = try run("health", "--socket", folder("none.sock"))
    #expect(absent.exit == .status(69))
    #expect(absent.errors.contains(folder("none.sock")))

    let degraded = try Daemon(["--redis", "unix://" + folder("no-redis.sock")])
    let report = try run("health", "--socket", degraded.socketPath)
    #expect(report.exit == .status(1))
    #expect(report.output.hasPrefix(#"{"status":"degraded""#), "\(report.output)")

    let silent = try BoundSocket(folder("silent.sock"))
    let hung = try run("health", "--socket", folder("silent.sock"), "--timeout", "0.2")
    #expect(hung.exit == .status(124))
    withExtendedLifetime(silent) {}
  }

  @Test("lists the methods that the sidecar has")
  func methods() throws {
    let listing = try run("methods")
    #expect(listing.exit == .status(0))
    for name in ["kv.get", "batch.set", "counter.increment", "system.health", "rpc.discover"] {
      #expect(listing.output.contains(name))
    }
    let one = try run("methods", "kv.set")
    #expect(one.exit == .status(0) && one.output.contains("onlyIf"))
    #expect(try run("methods", "nonsense.x").exit == .status(64))
  }

  @Test("measures the sidecar, and Redis beside it")
  func bench() throws {
    let size = ["--connections", "4", "--requests", "400", "--keys", "50", "--json"]
    let environment = ["CLOAKROOM_SOCKET": try #require(SharedSidecar.current).socketPath]
    let alone = try ProgramRun(["bench"] + size, environment: environment)
    #expect(alone.exit == .status(0), "\(alone.errors)")
    #expect(alone.output.contains("kv.get") && alone.output.contains("kv.set"))

    let redis = try RedisServer()
    let url = "unix://" + redis.socketPath
    let sidecar = try Daemon(["--redis", url])
    _ = try sidecar.readyClient()
    let both = try ProgramRun(
      ["bench", "--socket", sidecar.socketPath, "--redis", url, "--runs", "2"] + size)
    #expect(both.exit == .status(0), "\(both.errors)")
    #expect(both.output.contains(#""ratioError":{"kv.get":"#), "\(both.output)")
    #expect(try redis.command(["dbsize"]) == "0")
    #expect(try ProgramRun(["bench", "--connections", "0"]).exit == .status(64))
  }

  @Test("measures events and streams, and Redis beside them")
  func benchMessages() throws {
    let redis = try RedisServer()
    let url = "unix://" + redis.socketPath
    let sidecar = try Daemon(["--redis", url])
    _ = try sidecar.readyClient()
    let place = ["--socket", sidecar.socketPath, "--redis", url, "--runs", "1", "--json"]
    let events = try ProgramRun(
      ["bench", "events", "--subscribers", "5", "--pipeline", "3", "--requests", "40"] + place)
    #expect(events.exit == .status(0), "\(events.errors)")
    #expect(events.output.split(separator: #""requests":200,"#).count == 3)
    let streams = try ProgramRun(
      ["bench", "streams", "--connections", "4", "--requests", "100"] + place)
    #expect(streams.exit == .status(0), "\(streams.errors)")
    #expect(streams.output.split(separator: #""requests":100,"#).count == 3)
    // The sidecar's stream expires after a second.
    #expect(try eventually { try redis.command(["dbsize"]) == "0" })
  }

  @Test("explains itself", arguments: ["serve", "call", "health", "methods", "bench", ""])
  func help(_ command: String) throws {
    let help = try ProgramRun((command.isEmpty ? [] : [command]) + ["--help"])
    #expect(help.exit == .status(0))
    #expect(help.output.contains("USAGE: cloakroom"))
    #expect(help.errors == "")
  }

  @Test(
    "suggests what was meant",
    arguments: [
      ("sevre", "did you mean serve?"), ("kv.get", "cloakroom call kv.get"),
      ("cal", "did you mean call?"), ("\u{1B}[31mcall", #"\u001b[31mcall"#),
    ])
  func suggestion(_ name: String, _ text: String) throws {
    let run = try self.run(name)
    #expect(run.exit == .status(64))
    #expect(run.errors.contains(text), "\(run.errors)")
  }

  @Test("shows a terminal no command of somebody else's")
  func terminal() throws {
    let client = try SharedSidecar.client()
    let written = try client.call(
      "kv.set", "{\"key\":\"terminal\",\"value\":\"a\u{9B}31mb\u{7F}\"}")
    #expect(written["ok"] as? Bool == true)
    let path = try #require(SharedSidecar.current).socketPath
    let command =
      "'\(Daemon.program)' call --socket '\(path)' kv.get '{\"key\":\"terminal\"}'"
    let (exit, shown) = try Tool.run(
      ["script", "-qec", command, "/dev/null"], within: .seconds(20))
    #expect(exit == .status(0), "\(shown)")
    #expect(shown.contains(#"a\u009b31mb\u007f"#), "\(shown)")
  }

  @Test("refuses what it does not know")
  func usage() throws {
    #expect(try run("serve", "--sokcet", "/x").exit == .status(64))
    #expect(try run("nonsense").exit == .status(64))
  }
}
