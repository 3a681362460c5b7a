import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("The greeting of a connection", .timeLimit(.minutes(1)))
struct RedisGreetingTests {
  typealias Progress = RedisGreeting.Progress

  static let script = RedisScript(
    source: "return 1", digest: "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
  static let secret = "s3cret-pass"

  static func target(_ configure: (inout RedisTarget) -> Void = { _ in }) -> RedisTarget {
    var target = RedisTarget(address: .unix(path: "/run/redis.sock"))
    configure(&target)
    return target
  }

  /// The commands that are in a buffer, their parts parted by spaces.
  static func commands(_ buffer: ByteBuffer) throws -> [String] {
    let reader = try #require(RESPReader())
    var commands: [String] = []
    reader.take(buffer)
    while try reader.next() {
      let reply = reader.reply
      commands.append(reply.nodes.dropFirst().map { reply.text(of: $0) }.joined(separator: " "))
    }
    return commands
  }

  /// Hands answers to a greeting, and tells what it makes of each.
  static func answer(_ greeting: inout RedisGreeting, _ answers: [String]) throws -> [Progress] {
    let reader = try #require(RESPReader())
    var progress: [Progress] = []
    reader.take(ByteBuffer(string: answers.map { $0 + "\r\n" }.joined()))
    while try reader.next() { progress.append(greeting.receive(reader.reply)) }
    return progress
  }

  /// What INFO answers.
  static func info(run: String, version: String = "7.0.15", _ fields: String...) -> String {
    let lines = ["# Server", "redis_version:\(version)", "run_id:\(run)", "tcp_port:0"] + fields
    let text = lines.map { $0 + "\r\n" }.joined()
    return "$\(text.utf8.count)\r\n\(text)"
  }

  @Test(
    "refuses a server that is too old, by its version",
    arguments: [
      ("6.2.14", true), ("5.0.0", true), ("7.0.0", false), ("8.2.1", false), ("255.255.255", false),
      ("unheard", false),
    ])
  func version(_ version: String, isTooOld: Bool) throws {
    var greeting = RedisGreeting(previous: nil)
    _ = greeting.begin(Self.target(), scripts: [])
    let answers = ["+OK", ":9", Self.info(run: "a", version: version), "+PONG"]
    let progress = try Self.answer(&greeting, isTooOld ? Array(answers.prefix(3)) : answers)
    #expect(
      progress.last
        == (isTooOld
          ? .unusable("it is Redis \(version), and 7.0 or later is needed")
          : .ready(isFenced: true)))
  }

  @Test(
    "says who we are, where, and which scripts are wanted",
    arguments: [
      (target(), []), (target { $0.password = secret }, ["AUTH \(secret)"]),
      (
        target { ($0.username, $0.password) = ("me", secret) }, ["AUTH me \(secret)"]
      ),
      (target { $0.username = "me" }, []), (target { $0.database = 3 }, ["SELECT 3"]),
      (
        target { ($0.password, $0.database) = (secret, 15) }, ["AUTH \(secret)", "SELECT 15"]
      ),
    ] as [(RedisTarget, [String])])
  func commands(target: RedisTarget, first: [String]) throws {
    var greeting = RedisGreeting(previous: nil)
    let written = try Self.commands(greeting.begin(target, scripts: [Self.script]))
    let others = ["CLIENT SETNAME cloakroom", "CLIENT ID", "INFO"]
    #expect(written == first + others + ["SCRIPT LOAD return 1", "PING"])
    var bare = RedisGreeting(previous: nil)
    #expect(try Self.commands(bare.begin(target, scripts: [])) == first + others + ["PING"])
  }

  @Test("is over when Redis has answered everything, and knows then whom it speaks to")
  func ready() throws {
    var greeting = RedisGreeting(previous: nil)
    _ = greeting.begin(Self.target { $0.password = Self.secret }, scripts: [Self.script])
    let answers = [
      "+OK", "+OK", ":42", Self.info(run: "abc", "maxmemory_policy:volatile-lru", "aof_enabled:1"),
      "$3\r\nsha", "+PONG",
    ]
    let progress = try Self.answer(&greeting, answers)
    #expect(progress == Array(repeating: .waiting, count: 5) + [.ready(isFenced: true)])
    #expect(greeting.identity == .init(runID: "abc", clientID: 42))
    #expect(greeting.facts.version == "7.0.15")
    #expect(greeting.facts.evictionPolicy == "volatile-lru")
    #expect(greeting.facts.appendsToFile == true)
    let unasked = try Self.answer(&greeting, ["+PONG"])
    #expect(unasked == [.refused("an answer that nobody asked for")])
  }

  @Test("asks for the snapshots of a server that has no append-only file, and of no other")
  func savePoints() throws {
    for (answer, points) in [
      ("*2\r\n$4\r\nsave\r\n$6\r\n3600 1", "3600 1"), ("*2\r\n$4\r\nsave\r\n$0\r\n", ""),
      ("-NOPERM no permissions", nil),
    ] as [(String, String?)] {
      var greeting = RedisGreeting(previous: nil)
      _ = greeting.begin(Self.target(), scripts: [])
      let answers = ["+OK", ":9", Self.info(run: "a", "aof_enabled:0"), "+PONG"]
      guard case .send(let question) = try Self.answer(&greeting, answers).last else {
        Issue.record("nothing is asked")
        return
      }
      #expect(try Self.commands(question) == ["CONFIG GET save"])
      #expect(try Self.answer(&greeting, [answer]) == [.ready(isFenced: true)])
      #expect(greeting.facts.savePoints == points)
    }
  }

  @Test("does without what an ACL user may not ask for")
  func restricted() throws {
    var greeting = RedisGreeting(previous: nil)
    _ = greeting.begin(Self.target(), scripts: [])
    let refusals = Array(repeating: "-NOPERM this user has no permissions", count: 3)
    let progress = try Self.answer(&greeting, refusals + ["+PONG"])
    #expect(progress == Array(repeating: .waiting, count: 3) + [.ready(isFenced: true)])
    #expect(greeting.identity == .init(runID: nil, clientID: nil))
  }

  /// Answers of which the last one is an error, and what is said of it.
  static let refusals: [([String], String)] = [
    (
      ["-WRONGPASS invalid username-password pair or user is disabled."],
      "WRONGPASS invalid username-password pair or user is disabled."
    ),
    (["-ERR max number of clients reached"], "ERR max number of clients reached"),
    (["+OK", "-ERR DB index is out of range"], "ERR DB index is out of range"),
    (
      ["+OK", "-LOADING Redis is loading the dataset in memory"],
      "LOADING Redis is loading the dataset in memory"
    ),
    (
      [
        "+OK", "+OK", "+OK", ":1", "$-1",
        "-NOPERM no permissions to run the 'script|load' command",
      ],
      "NOPERM no permissions to run the 'script|load' command"
    ),
    (
      ["+OK", "+OK", "+OK", ":1", "$-1", "+sha", "-NOAUTH Authentication required."],
      "NOAUTH Authentication required."
    ),
    // A renamed AUTH: Redis quotes the password, and cuts a long one short.
    (
      ["-ERR unknown command 'AUTH', with args beginning with: '\(secret)' "],
      "ERR unknown command 'AUTH'"
    ),
    (
      ["-ERR unknown command `AUTH`, with args beginning with: `\(secret.dropLast(3))"],
      "ERR unknown command `AUTH`"
    ),
    (["-ERR \(secret) is wrong"], "ERR"), (["-\(secret)"], "ERR"),
  ]

  @Test(
    "ends with Redis' words when it is refused, and never with the password", arguments: refusals)
  func refused(answers: [String], reason: String) throws {
    var greeting = RedisGreeting(previous: nil)
    let target = Self.target { ($0.password, $0.database) = (Self.secret, 1) }
    _ = greeting.begin(target, scripts: [Self.script])
    let progress = try Self.answer(&greeting, answers)
    let waiting = Array(repeating: Progress.waiting, count: answers.count - 1)
    #expect(progress == waiting + [.refused(reason)])
  }

  @Test("passes on the beginning of an endless refusal only")
  func longRefusal() throws {
    var greeting = RedisGreeting(previous: nil)
    _ = greeting.begin(Self.target { $0.database = 1 }, scripts: [])
    let line = "ERR " + String(repeating: "x", count: 1_000_000)
    #expect(try Self.answer(&greeting, ["-" + line]) == [.refused(String(line.prefix(200)))])
  }

  /// The identity of the lost connection, the run and id that the new one finds, whether the old
  /// one is killed, the answer to that, and whether nothing of it can still run.
  static let fences: [(RedisGreeting.Identity, String?, String?, Bool)] = [
    (.init(runID: "a", clientID: 7), "a", ":1", true),
    // It was gone already.
    (.init(runID: "a", clientID: 7), "a", ":0", true),
    (.init(runID: "a", clientID: 7), "a", "-NOPERM no permissions", false),
    // Another process: what the old one had not read died with it.
    (.init(runID: "a", clientID: 7), "b", nil, true),
    (.init(runID: "a", clientID: nil), "b", nil, true),
    (.init(runID: "a", clientID: nil), "a", nil, false),
    (.init(runID: nil, clientID: 7), "a", nil, false),
    (.init(runID: "a", clientID: 7), nil, nil, false),
    (.init(runID: nil, clientID: nil), nil, nil, false),
  ]

  @Test("ends the connection that was lost, where it may still run something", arguments: fences)
  func fence(
    lost: RedisGreeting.Identity, run: String?, killed: String?, isFenced: Bool
  ) throws {
    var greeting = RedisGreeting(previous: lost)
    _ = greeting.begin(Self.target(), scripts: [])
    let answers = [
      "+OK", ":9", run.map { Self.info(run: $0) } ?? "-NOPERM no permissions", "+PONG",
    ]
    let last = try #require(try Self.answer(&greeting, answers).last)
    guard let killed else {
      #expect(last == .ready(isFenced: isFenced))
      return
    }
    guard case .send(let command) = last else {
      Issue.record("nothing is sent")
      return
    }
    #expect(try Self.commands(command) == ["CLIENT KILL ID 7"])
    #expect(try Self.answer(&greeting, [killed]) == [.ready(isFenced: isFenced)])
  }
}
