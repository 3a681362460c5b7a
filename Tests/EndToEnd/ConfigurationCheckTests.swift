internal import Support
internal import Testing

@Suite("serve --check")
struct ConfigurationCheckTests {
  @Test(
    "lists every fault with its place, ends with 64 and opens nothing", arguments: [true, false])
  func faults(_ isCheck: Bool) throws {
    let folder = try ScratchFolder()
    let file = folder("config.json")
    try TextFile.write(
      #"{"limits": {"depht": 9, "batchLength": 0}, "keys": {"prefix": "a b"}}"#, to: file)
    let run = try ProgramRun(
      [
        "serve", "--socket", folder("c.sock"), "--access-log", folder("access.log"),
        "--metrics-file", folder("metrics.prom"), "--config", file, "--loops", "none",
        "--set", "limits.keyBytes=1", "--set", "limits.kyeBytes=64",
      ] + (isCheck ? ["--check"] : []),
      environment: [
        "CLOAKROOM_SOKCET": "/x", "CLOAKROOM_LOG_LEVEL": "loud", "REDIS_URL": "http://nowhere",
      ])
    #expect(run.exit == .status(64))
    #expect(run.output == "")
    let places = [
      "\(file): limits.depht: ", "\(file): limits.batchLength: ", "\(file): keys.prefix: ",
      "--loops: ", "--set limits.keyBytes: ", "--set limits.kyeBytes: ", "CLOAKROOM_SOKCET: ",
      "CLOAKROOM_LOG_LEVEL: ", "REDIS_URL: ",
    ]
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == places.count, "\(run.errors)")
    for place in places {
      #expect(lines.filter { $0.hasPrefix(place) }.count == 1, "\(place) in \(run.errors)")
    }
    for name in ["c.sock", "c.sock.lock", "access.log", "metrics.prom"] {
      #expect(!TextFile.exists(folder(name)), "\(name)")
    }
  }

  @Test("ends with 0 when all is well, and opens nothing")
  func good() throws {
    let folder = try ScratchFolder()
    let run = try ProgramRun([
      "serve", "--socket", folder("c.sock"), "--access-log", folder("access.log"), "--check",
    ])
    #expect(run.exit == .status(0))
    #expect(run.output == "the configuration is good\n")
    #expect(run.errors == "")
    #expect(!TextFile.exists(folder("c.sock")) && !TextFile.exists(folder("access.log")))
  }

  @Test("finds a file that is not there, or no JSON")
  func noFile() throws {
    let folder = try ScratchFolder()
    let missing = try ProgramRun(["serve", "--check", "--config", folder("none.json")])
    #expect(missing.exit == .status(64))
    #expect(missing.errors.contains(folder("none.json")))
    try TextFile.write("{\n  \"limits\": {,}\n}", to: folder("bad.json"))
    let bad = try ProgramRun(["serve", "--check", "--config", folder("bad.json")])
    #expect(bad.exit == .status(64))
    #expect(bad.errors.hasPrefix("\(folder("bad.json")):2:"), "\(bad.errors)")
  }
}
