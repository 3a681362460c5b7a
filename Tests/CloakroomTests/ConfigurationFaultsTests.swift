import Cloakroom
import CloakroomCore
import Testing

@Suite("The configuration's faults", .timeLimit(.minutes(1)))
struct ConfigurationFaultsTests {
  @Test("are found all at once, each with its place and what to do")
  func all() throws {
    let file = try TemporaryFile(
      #"""
      {
        "limit": {"depth": 1},
        "limits": {"dept": 100, "batchLength": 0, "keyBytes": {"a": 1}, "frameBytes": [1, "a"]},
        "keys": 5,
        "scopes": {"declared": ["user"], "required": ["tenant"]},
        "services": {"a b": {"users": ["nobody-here"], "method": ["kv.*"]}}
      }
      """#)
    let faults = Load.faults(
      flags: ["log-level": "loud", "log-levle": "info"],
      assignments: ["limits.depth", "limits.dpeth=3", "store.reconnectMin=30s"],
      environment: [
        "CLOAKROOM_LOOPS": "many", "CLOAKROOM_SOKCET": "/x",
        "CLOAKROOM_KEYS_DEFAULT_TTL": "soon",
        "REDIS_PORT": "tcp://10.0.0.1:6379", "CLOAKROOM_SOCKET_GROUP": "no-such-group",
        "CLOAKROOM_SOCKET": "/" + String(repeating: "x", count: 120),
      ], file: file.path
    ).map(\.description)
    let path = file.path
    let wanted = [
      "\(path): limit: is no group of settings (did you mean limits?)",
      "\(path): limits.dept: is no setting (did you mean limits.depth?)",
      "\(path): limits.keyBytes: has to be a whole number from 16 to 65536",
      "\(path): limits.frameBytes: has to be bytes, or a number with KiB, MiB or GiB, from 1KiB to 1GiB",
      "\(path): keys: has to be an object of settings: {\"keys\": {…}}",
      "--set: has to be KEY=VALUE",
      "--set limits.dpeth: is no setting (did you mean limits.depth?)",
      "--log-levle: is no setting's flag (did you mean log-level?)",
      "CLOAKROOM_SOKCET: is no setting's variable (did you mean CLOAKROOM_SOCKET?)",
      "REDIS_PORT: has to be a number from 1 to 65535; "
        + "set CLOAKROOM_REDIS if it is not meant for this",
      "CLOAKROOM_KEYS_DEFAULT_TTL: has to be seconds, or a number with ms, s, m, h or d, from 1ms to 3650d, as in \"24h\", not \"soon\"",
      "\(path): limits.batchLength: has to be a whole number from 1 to 1000000, not 0",
      "CLOAKROOM_LOOPS: has to be a whole number from 1 to 64, not \"many\"",
      "--log-level: has to be one of trace, debug, info, notice, warning, error, critical, not \"loud\"",
      "\(path): services.a b.method: is nothing that a service has (did you mean methods?)",
      "\(path): services.a b.users[0]: \"nobody-here\" is no user of this system: add it, or use uids",
      "\(path): services.a b: is no name for a service: use 1 to 64 of A-Z a-z 0-9 . _ -",
      "CLOAKROOM_SOCKET: the socket path /\(String(repeating: "x", count: 120)) has 121 bytes, "
        + "and a Unix socket's path at most 107: choose a shorter one",
      "CLOAKROOM_SOCKET_GROUP: \"no-such-group\" is no group of this system: add it first",
      "--set store.reconnectMin: store.reconnectMin is longer than store.reconnectMax",
      "\(path): scopes.required: requires scopes that scopes.declared doesn't have: tenant",
    ]
    #expect(faults == wanted)
  }

  @Test("are one a line")
  func lines() {
    let faults = ConfigurationFaults(faults: [
      ConfigurationFault(.flag("a"), "one"), ConfigurationFault(.variable("B"), "two"),
    ])
    #expect(faults.description == "--a: one\nB: two")
  }

  @Test(
    "of a file's text say where it stops being JSON",
    arguments: [
      ("", 1, "is not valid JSON"), ("{\n  \"limits\": {,}\n}", 2, "is not valid JSON"),
      ("{\n\n\"a\": 1 \"b\": 2}", 3, "is not valid JSON"),
      ("{\"a\": 1,\n\"a\": 2}", 2, "duplicate"),
      ("", 1, "the file is empty"), ("{\"a\": 1,}", 1, "a comma too many"),
      ("{\"a\": [1, 2,\n]}", 2, "a comma too many"), ("// x\n{}", 1, "JSON has no comments"),
      ("{\n# x\n}", 2, "JSON has no comments"), ("{'a': 1}", 1, "double quotes"),
      ("{\"a\": True}", 1, "JSON has true, false and null, and no True"),
      ("{\"a\": [NaN]}", 1, "and no NaN"),
      ("{} {}", 1, "end of file expected"), ("{\"a\": \"\u{1}\"}", 1, "control character"),
    ])
  func syntax(text: String, line: Int, message: String) throws {
    let file = try TemporaryFile(text)
    let faults = Load.faults(file: file.path)
    let fault = try #require(faults.first)
    #expect(faults.count == 1)
    #expect(fault.description.hasPrefix("\(file.path):\(line):"))
    #expect(fault.message.contains(message))
  }

  @Test("of a file that can't be read or is no object say why")
  func unreadable() throws {
    let none = Load.faults(file: "/nowhere/cloakroom.json").map(\.description)
    #expect(none == ["/nowhere/cloakroom.json: can't be read: No such file or directory"])
    #expect(Load.faults(file: "/").map(\.description) == ["/: is not a regular file"])
    let list = try TemporaryFile("[]")
    let found = Load.faults(file: list.path).map(\.description)
    #expect(found == ["\(list.path): has to be a JSON object: {\"socket\": {…}, …}"])
    let large = try TemporaryFile("{" + String(repeating: " ", count: 1 << 20) + "}")
    #expect(
      Load.faults(file: large.path).map(\.description)
        == ["\(large.path): has more than 1048576 bytes"])
  }

  @Test(
    "tell a value that is wrong, if it is plain words and numbers",
    arguments: [
      (#"{"log": {"level": "loud"}}"#, #", not "loud""#),
      (#"{"log": {"level": ""}}"#, #", not """#), (#"{"log": {"level": true}}"#, ", not true"),
      (#"{"runtime": {"drainTimeout": "10 seconds"}}"#, #", not "10 seconds""#),
      (#"{"runtime": {"drainTimeout": "10sec"}}"#, ", not 10sec"),
      (#"{"runtime": {"loops": 1.5}}"#, ", not 1.5"),
      (#"{"socket": {"mode": "rw-rw----"}}"#, #", not "rw-rw----""#),
      (#"{"keys": {"prefix": "app:"}}"#, #", not "app:""#),
      (#"{"scopes": {"declared": ["org", "a b"]}}"#, #", not ["org", "a b"]"#),
      (#"{"services": {"a": {"users": ["*"], "rate": "fast"}}}"#, #", not "fast""#),
      (#"{"services": {"a": {"users": "root"}}}"#, #", not "root""#),
      (#"{"services": {"a": {"users": ["*"], "methods": ["kv.gte"]}}}"#, #""kv.gte" matches"#),
      (#"{"pending": {"presets": {"a": {"backend": "disk"}}}}"#, #", not "disk""#),
      (#"{"ratelimit": {"policies": {"a": {"limit": 0, "window": "1m"}}}}"#, ", not 0"),
    ])
  func value(text: String, told: String) throws {
    let file = try TemporaryFile(text)
    let fault = try #require(Load.faults(file: file.path).first)
    #expect(fault.message.contains(told), "\(fault)")
  }

  @Test(
    "do not tell what may be a secret",
    arguments: [
      "hunter2", "S3cret", "2e7f9a10c4", "redis://h", "user:swordfish", "me@host", "a\u{1B}[31m",
      "QWxhZGRpbjpv", "correcthorsebatterystaple", "-----BEGIN PRIVATE KEY-----\nMIG", "p!ss",
      "bbbbbbbb bbbbbbbb bbbbbbbb bbbbbbbb", "1234567890123",
    ])
  func untold(value: String) throws {
    let known = Load.faults(flags: ["log-level": "loud"]).map(\.description)
    let faults = Load.faults(flags: ["log-level": value]).map(\.description)
    #expect(faults == known.map { $0.replacing(#", not "loud""#, with: "") })
  }

  @Test("never tell a value of a setting that a secret belongs to")
  func secretSettings() throws {
    let texts = [
      #"{"store": {"passwordFile": 4711}}"#, #"{"store": {"passwordFile": true}}"#,
      #"{"accessLog": {"hashKey": 4711}}"#, #"{"store": {"url": 4711}}"#,
      #"{"store": {"url": "swordfish"}}"#, #"{"storage": {"password": "swordfish"}}"#,
      #"{"store": {"password": "swordfish"}}"#, #"{"store": {"password": 4711}}"#,
    ]
    for text in texts {
      let file = try TemporaryFile(text)
      let fault = try #require(Load.faults(file: file.path).first, "\(text)")
      for value in ["4711", "not true", "swordfish"] {
        #expect(!fault.message.contains(value), "\(fault)")
      }
    }
  }

  @Test("never hold a secret, wherever it was put")
  func secrecy() throws {
    let secret = "hunter2"
    let texts = [
      #"{"store": {"url": "redis://:hunter2@h:x"}}"#,
      #"{"store": {"url": "redis://:hunter2@h"#,
      #"{"store": {"url": hunter2}}"#,
      #"{"store": {"url": "hunter2", "url": "hunter2"}}"#,
      #"{"store": "redis://:hunter2@h"}"#,
      #"{"store": {"url": ["hunter2"]}}"#,
      #"{"store": {"passwordFile": "/nowhere", "url": "rediss://:hunter2@h"}}"#,
      #"{"limits": {"depth": "hunter2"}, "keys": {"prefix": "hunter2 "}}"#,
      #"{"services": {"a": {"users": ["hunter2"], "rate": "hunter2"}}}"#,
    ]
    for text in texts {
      let file = try TemporaryFile(text)
      let faults = Load.faults(file: file.path)
      #expect(!faults.isEmpty, "\(text)")
      for fault in faults { #expect(!fault.description.contains(secret), "\(text)") }
    }
    let faults = Load.faults(
      flags: ["redis": "http://:hunter2@h"], assignments: ["hunter2"],
      environment: ["REDIS_HOST": "hunter2@h", "CLOAKROOM_LOG_LEVEL": "hunter2"])
    #expect(faults.count == 3)
    let variables = [
      ["REDIS_URL": "redis://:hunter2@h/x"], ["CLOAKROOM_REDIS": "unix://:hunter2@h/x"],
      ["REDIS_PASSWORD": "hunter2", "REDIS_PORT": "hunter2"], ["REDIS_HOST": "u:hunter2@h"],
    ]
    let more = variables.flatMap { Load.faults(environment: $0) }
    #expect(more.count == 4)
    for fault in faults + more { #expect(!fault.description.contains(secret)) }
  }
}
