internal import Glibc
internal import Support
internal import Testing

@Suite("serve --check", .timeLimit(.minutes(2)))
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

  @Test("reads the keys too, and lists every fault of theirs with its file")
  func keys() throws {
    let keys = try TokenKeys(["HS256", "ES256", "EdDSA"])
    let folder = try ScratchFolder()
    let credentials = folder("credentials")
    mkdir(credentials, 0o700)
    try TextFile.write(TextFile.read(keys.path + "/ES256.jwk"), to: credentials + "/jwt.ES256.jwk")
    chmod(credentials + "/jwt.ES256.jwk", 0o400)
    try TextFile.write(#"{"k":"s3cr3t"}"#, to: credentials + "/jwt.open.jwk")
    chmod(credentials + "/jwt.open.jwk", 0o444)
    chmod(keys.path + "/HS256.jwk", 0o644)
    try TextFile.write(#"{"k":"s3cr3t"}"#, to: keys.path + "/broken.jwk")
    chmod(keys.path + "/broken.jwk", 0o600)
    let run = try ProgramRun(
      [
        "serve", "--socket", folder("c.sock"), "--keys", keys.path, "--loops", "none", "--check",
      ],
      environment: ["CREDENTIALS_DIRECTORY": credentials])
    #expect(run.exit == .status(64))
    #expect(run.output == "")
    let lines = run.errors.split(separator: "\n")
    let places = [
      "--loops: ", "\(credentials)/jwt.open.jwk: ", "\(keys.path)/ES256.jwk: ",
      "\(keys.path)/HS256.jwk: ", "\(keys.path)/broken.jwk: ",
    ]
    #expect(lines.count == places.count, "\(run.errors)")
    for place in places {
      #expect(lines.filter { $0.hasPrefix(place) }.count == 1, "\(place) in \(run.errors)")
    }
    #expect(run.errors.contains("\(credentials)/jwt.ES256.jwk"))
    #expect(!run.errors.contains("s3cr3t"))
    #expect(!TextFile.exists(folder("c.sock")))
  }

  @Test("finds nothing wrong with good keys, and that there are none, or no folder")
  func goodKeys() throws {
    let keys = try TokenKeys(["HS256"])
    let good = try ProgramRun(["serve", "--check", "--keys", keys.path])
    #expect(good.exit == .status(0), "\(good.errors)")
    let empty = try ScratchFolder()
    for folder in [empty.path, "/nonexistent"] {
      let run = try ProgramRun(["serve", "--check"], environment: ["CLOAKROOM_KEYS": folder])
      #expect(run.exit == .status(64))
      #expect(run.errors.hasPrefix("\(folder): "), "\(run.errors)")
    }
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
