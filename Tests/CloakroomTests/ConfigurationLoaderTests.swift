import Cloakroom
import CloakroomCore
import Testing

@Suite("The configuration", .timeLimit(.minutes(1)))
struct ConfigurationLoaderTests {
  @Test("of nothing at all is the defaults")
  func defaults() throws {
    let found = try Load.configuration(environment: ["XDG_RUNTIME_DIR": "/run/user/7"])
    #expect(found == Configuration(socket: .init(path: "/run/user/7/cloakroom.sock")))
  }

  @Test("has no more event loops than processors unless it is told to")
  func loops() throws {
    var loader = Load.loader
    loader.processors = 1
    #expect(try loader.load(environment: [:]).runtime.loops == 1)
    #expect(try loader.load(flags: ["loops": "3"], environment: [:]).runtime.loops == 3)
    loader.processors = -1
    #expect(try loader.load(environment: [:]).runtime.loops == 1)
  }

  @Test("is taken from --set, then flags, then the environment, then other names, then the file")
  func precedence() throws {
    let file = try TemporaryFile(
      #"{"tokens": {"credentials": "/file"}, "socket": {"path": "/file"}}"#)
    var environment: [String: String] = [:]
    func credentials(_ assignments: [String] = []) throws -> String? {
      try Load.configuration(
        assignments: assignments, environment: environment, file: file.path
      ).tokens.credentials
    }
    #expect(try credentials() == "/file")
    environment["CREDENTIALS_DIRECTORY"] = "/other"
    #expect(try credentials() == "/other")
    environment["CLOAKROOM_TOKENS_CREDENTIALS"] = "/env"
    #expect(try credentials() == "/env")
    #expect(try credentials(["tokens.credentials=/set"]) == "/set")

    environment = ["XDG_RUNTIME_DIR": "/xdg"]
    #expect(
      try Load.configuration(environment: environment, file: file.path).socket.path == "/file")
    environment["CLOAKROOM_SOCKET"] = "/env"
    #expect(try Load.configuration(environment: environment, file: file.path).socket.path == "/env")
    #expect(
      try Load.configuration(
        flags: ["socket": "/flag"], environment: environment, file: file.path
      ).socket.path == "/flag")
    #expect(
      try Load.configuration(
        flags: ["socket": "/flag"], assignments: ["socket.path=/a", "socket.path=/b"],
        environment: environment, file: file.path
      ).socket.path == "/b")
  }

  @Test("doesn't look at a value that a stronger source overrides, or a variable without one")
  func overridden() throws {
    let file = try TemporaryFile(#"{"limits": {"depth": "deep"}}"#)
    let environment = ["CLOAKROOM_LIMITS_DEPTH": "64", "CLOAKROOM_LOG_LEVEL": ""]
    let found = try Load.configuration(environment: environment, file: file.path)
    #expect(found.limits.depth == 64)
    #expect(found.log.level == .info)
  }

  @Test("takes its file from CLOAKROOM_CONFIG, and --config before it")
  func fileVariable() throws {
    let one = try TemporaryFile(#"{"keys": {"prefix": "one"}}"#)
    let two = try TemporaryFile(#"{"keys": {"prefix": "two"}}"#)
    let environment = ["CLOAKROOM_CONFIG": one.path]
    #expect(try Load.configuration(environment: environment).keys.prefix == "one")
    #expect(try Load.configuration(environment: environment, file: two.path).keys.prefix == "two")
  }

  @Test("is read whole from a file, with numbers, lists, units and comments")
  func wholeFile() throws {
    let file = try TemporaryFile(
      #"""
      {
        "//": "a comment",
        "socket": {"path": "/s", "mode": "0600", "group": 44, "backlog": 16, "//": 1},
        "store": {"url": "redis://:pw@h/1", "connectTimeout": "2s", "commandTimeout": "250ms",
          "reconnectMin": "10ms", "reconnectMax": "1m", "clientName": "side-1"},
        "keys": {"prefix": "igniter:store", "defaultTTL": "30m", "allowForever": true},
        "scopes": {"declared": ["tenant", "user"], "required": ["tenant"]},
        "limits": {"frameBytes": "1MiB", "unreadReplyBytes": 131072, "idleTimeout": "5m",
          "depth": null, "inFlightPerConnection": 7, "memoryBytes": "1GiB"},
        "runtime": {"loops": 4, "drainTimeout": "1500ms"},
        "accessLog": {"path": "/a.log", "keysInClear": true},
        "metrics": {"path": "/m.prom", "interval": "30s"},
        "log": {"level": "debug"}
      }
      """#)
    let found = try Load.configuration(file: file.path)
    var wanted = Configuration(
      socket: .init(path: "/s", mode: 0o600, groupID: 44, backlog: 16))
    var redis = RedisEndpoint(
      address: .tcp(host: "h", port: 6379), password: Secret("pw"), database: 1)
    redis.connectTimeout = .seconds(2)
    redis.commandTimeout = .milliseconds(250)
    redis.reconnectMin = .milliseconds(10)
    redis.reconnectMax = .seconds(60)
    redis.clientName = "side-1"
    wanted.store = .redis(redis)
    wanted.keys.prefix = "igniter:store"
    wanted.keys.defaultTTL = try TimeToLive(seconds: 1800)
    wanted.keys.allowForever = true
    wanted.scopes.declared = ["tenant", "user"]
    wanted.scopes.required = ["tenant"]
    wanted.limits.frameBytes = 1 << 20
    wanted.limits.unreadReplyBytes = 131_072
    wanted.limits.idleTimeout = .seconds(300)
    wanted.limits.inFlightPerConnection = 7
    wanted.limits.memoryBytes = 1 << 30
    wanted.runtime.loops = 4
    wanted.runtime.drainTimeout = .milliseconds(1500)
    wanted.accessLog.path = "/a.log"
    wanted.accessLog.keysInClear = true
    wanted.metrics.path = "/m.prom"
    wanted.metrics.interval = .seconds(30)
    wanted.log.level = .debug
    #expect(found == wanted)
  }

  @Test(
    "reads a value as text in the way its kind is written",
    arguments: [
      ("limits.idleTimeout=off", nil), ("limits.idleTimeout=90s", nil),
      ("limits.frameBytes=2048", nil), ("limits.frameBytes=2KiB", nil),
      ("keys.allowForever=yes", nil), ("keys.allowForever=0", nil),
      ("scopes.declared=a, b,c", nil), ("socket.mode=660", nil), ("log.level=WARNING", nil),
      ("limits.idleTimeout=90", "has to be off, or a number with ms"),
      ("limits.idleTimeout=8d", "1s to 7d"), ("limits.frameBytes=4MB", "KiB, MiB or GiB"),
      ("limits.frameBytes=-1", "from 1KiB to 1GiB"), ("limits.frameBytes=2GiB", "to 1GiB"),
      ("limits.frameBytes=9223372036854775807GiB", "to 1GiB"),
      ("limits.depth=1e2", "a whole number from 8 to 1024"), ("limits.depth=", "a whole number"),
      ("keys.allowForever=maybe", "true or false"), ("keys.prefix=a b", "printable ASCII"),
      ("keys.prefix=a:", "no : at its end"), ("keys.prefix={a}", "{ or }"),
      ("keys.defaultTTL=3651d", "from 1ms to 3650d"), ("scopes.declared=a,,b", "a list"),
      ("scopes.declared=a,a", "different names"), ("scopes.declared=a b", "a list"),
      ("socket.mode=888", "octal"), ("socket.mode=1777", "octal"),
      ("log.level=loud", "one of trace"),
      ("store.clientName=a b", "without spaces"), ("socket.path=", "the path of a file"),
      ("socket.backlog=0", "from 1 to 65535"),
    ] as [(String, String?)])
  func syntax(assignment: String, complaint: String?) throws {
    let faults = Load.faults(assignments: [assignment])
    if let complaint {
      #expect(faults.count == 1)
      let key = try #require(assignment.split(separator: "=").first)
      let message = try #require(faults.first?.description)
      #expect(message.hasPrefix("--set \(key): "))
      #expect(message.contains(complaint))
    } else {
      #expect(faults == [])
    }
  }

  @Test("keeps a socket nobody named in a private folder")
  func privateFolder() throws {
    let found = try Load.configuration()
    #expect(found.socket.path == "/tmp/cloakroom-7/cloakroom.sock")
    #expect(found.socket.privateFolder == "/tmp/cloakroom-7")
  }
}
