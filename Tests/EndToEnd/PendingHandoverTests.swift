import Support
import Testing

@Suite("The hand-over of an operation to PostgreSQL", .timeLimit(.minutes(3)))
struct PendingHandoverTests {
  /// The pattern as the article on tickets shows it: the operation's id is the row's key, so that a second attempt
  /// finds what the first has stored. It stops where it is told, to be killed there.
  private static let application = """
    import subprocess
    path, host, token, stop = sys.argv[1:5]
    def sql(text):
        command = ["psql", "-h", host, "-U", "app", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-Atqc"]
        return subprocess.check_output(command + [text]).decode().strip()
    def reach(place):
        say(place)
        if place == stop:
            time.sleep(60)
    link = connect(path)
    while True:
        lease = ask(link, "pending.checkout", token=token, operationType="quote", leaseTtl="1500ms")
        if lease != "CHECKED_OUT":
            break
        time.sleep(0.05)
    say("attempt %d %d" % (lease["attempt"], lease["fence"]))
    reach("checked out")
    row = sql(\"\"\"INSERT INTO quotes (operation, receipt, price) VALUES ('%s', '%s', %d)
        ON CONFLICT (operation) DO UPDATE SET receipt = EXCLUDED.receipt RETURNING id\"\"\"
        % (lease["id"], lease["receipt"], lease["data"]["price"]))
    reach("stored")
    done = ask(link, "pending.commit", token=token, operationType="quote",
        receipt=lease["receipt"], result={"quote": int(row)})
    say("done %s" % json.dumps(done, sort_keys=True))
    reach("committed")
    """

  /// What the tests of this suite work with.
  private struct Stage {
    let redis: RedisServer
    let daemon: Daemon
    let client: LineClient
    let postgres: PostgresServer
    let token: String

    init(backend: String) throws {
      redis = try RedisServer()
      daemon = try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 2)
      client = try daemon.readyClient()
      postgres = try PostgresServer()
      _ = try postgres.query(
        """
        CREATE TABLE quotes (id integer GENERATED ALWAYS AS IDENTITY, price integer NOT NULL,
          operation text PRIMARY KEY, receipt text NOT NULL)
        """)
      let created = try client.call(
        "pending.create",
        #"{"operationType":"quote","data":{"price":42},"backend":"\#(backend)"}"#)
      token = try #require(created["token"] as? String)
    }

    /// The application, which stops at a place.
    func start(stopAt place: String = "") throws -> ClientProcess {
      try ClientProcess(
        PendingHandoverTests.application, [daemon.socketPath, postgres.host, token, place])
    }

    func rows() throws -> String { try postgres.query("SELECT id, price FROM quotes") }

    func verify() throws -> Answer {
      try client.call("pending.verify", #"{"token":"\#(token)","operationType":"quote"}"#)
    }

    /// Commits once more with the receipt that the database has.
    func repeatCommit() throws -> Answer {
      let receipt = try postgres.query("SELECT receipt FROM quotes")
      return try client.call(
        "pending.commit",
        #"{"token":"\#(token)","operationType":"quote","receipt":"\#(receipt)","result":7}"#)
    }
  }

  /// The number of the attempt that an application has said it is, and its fence.
  private static func attempt(_ lines: [String]) throws -> (number: Int, fence: Int) {
    let parts = try #require(lines.first).split(separator: " ")
    return (try #require(Int(parts[1])), try #require(Int(parts[2])))
  }

  @Test(
    "killed between checkout and the database's commit: it comes back with the next attempt",
    arguments: ["store", "jwt"])
  func beforeStoring(backend: String) throws {
    let stage = try Stage(backend: backend)
    let first = try stage.start(stopAt: "checked out")
    #expect(first.lines(2).last == "checked out")
    first.process.kill()
    #expect(try stage.verify()["state"] as? String == "checked_out")
    let second = try stage.start()
    let lines = second.lines(5)
    let attempts = try (Self.attempt(first.lines), Self.attempt(lines))
    #expect(attempts.0.number == 1 && attempts.1.number == 2)
    #expect(attempts.1.fence > attempts.0.fence)
    #expect(lines.last == "committed")
    #expect(try stage.rows() == "1|42")
    #expect(try stage.verify().reason == "CONSUMED")
  }

  @Test(
    "killed between the database's commit and pending.commit: the receipt that it has stored still commits",
    arguments: ["store", "jwt"])
  func afterStoring(backend: String) throws {
    let stage = try Stage(backend: backend)
    let first = try stage.start(stopAt: "stored")
    #expect(first.lines(3).last == "stored")
    first.process.kill()
    let done = try stage.repeatCommit()
    #expect(done["result"] as? Int == 7)
    #expect(try stage.repeatCommit().text == done.text)
    #expect(try stage.rows() == "1|42")
    #expect(try stage.verify().reason == "CONSUMED")
  }

  @Test("killed there, and taken up by another one: there is one row all the same")
  func takenUp() throws {
    let stage = try Stage(backend: "store")
    let first = try stage.start(stopAt: "stored")
    #expect(first.lines(3).last == "stored")
    first.process.kill()
    let second = try stage.start()
    let lines = second.lines(5)
    #expect(try Self.attempt(lines).number == 2)
    #expect(lines.contains { $0.hasPrefix("done") && $0.contains(#""result": {"quote": 1}"#) })
    #expect(try stage.rows() == "1|42")
  }

  @Test(
    "killed after pending.commit: a repetition is answered the same",
    arguments: ["store", "jwt"])
  func afterCommitting(backend: String) throws {
    let stage = try Stage(backend: backend)
    let first = try stage.start(stopAt: "committed")
    #expect(first.lines(5).last == "committed")
    first.process.kill()
    let again = try stage.repeatCommit()
    #expect(again["result", "quote"] as? Int == 1)
    #expect(try stage.repeatCommit().text == again.text)
    #expect(try stage.rows() == "1|42")
  }
}
