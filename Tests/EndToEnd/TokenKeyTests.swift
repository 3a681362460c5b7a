import Glibc
import Support
import Testing

@Suite("The keys of tokens", .timeLimit(.minutes(3)))
struct TokenKeyTests {
  private func sign(_ client: LineClient, _ params: String = "{}") throws -> String {
    try #require(try client.call("jwt.sign", params)["token"] as? String)
  }

  private func verify(_ client: LineClient, _ token: String) throws -> Answer {
    try client.call("jwt.verify", #"{"token":"\#(token)"}"#)
  }

  @Test("rotate on SIGHUP while calls go on, and not one verification fails")
  func rotation() throws {
    let keys = try TokenKeys(["HS256", "A256GCM"])
    let daemon = try Daemon(["--keys", keys.path])
    let client = try daemon.client()
    let first = try sign(client)
    var tokens = [first]
    var active = "HS256"
    for round in 1...3 {
      active = try keys.run("rotate", active)
      daemon.process.signal(SIGHUP)
      // Under way all the while: everything that was ever signed verifies.
      let isNew = try eventually {
        tokens.append(try sign(client, #"{"seal":true}"#))
        let answers = try client.pipeline(
          tokens.map { ("jwt.verify", #"{"token":"\#($0)"}"#) }
        ).values
        #expect(answers.allSatisfy { $0.reason == nil })
        return answers.contains { $0.text.contains(#""kid":"\#(active)""#) }
      }
      #expect(isNew, "round \(round)")
    }
    // A retired key's tokens are refused, and all others go on.
    try keys.run("retire", "HS256")
    daemon.process.signal(SIGHUP)
    let isRetired = try eventually { try verify(client, first).reason == "TOKEN_INVALID" }
    #expect(isRetired)
    #expect(try verify(client, try #require(tokens.last)).reason == nil)
    let log = daemon.output
    #expect(log.contains("keys loaded") && log.contains("keys reloaded"))
  }

  @Test("are written as other JOSE programs take them, a sealing key too")
  func files() throws {
    let folder = try ScratchFolder()
    mkdir(folder("keys"), 0o700)
    let run = try ProgramRun(
      ["keys", "generate", "--keys", folder("keys"), "--algorithm", "A256GCM"])
    #expect(run.exit == .status(0), "\(run.errors)")
    let file = try Tool.run(["sh", "-c", "cat '\(folder("keys"))'/*"]).output
    #expect(file.contains(#""alg":"A256GCM""#) && !file.contains(#""dir""#))
  }

  @Test("stay as they are when something is wrong with the folder, and the log says what")
  func broken() throws {
    let keys = try TokenKeys(["ES256"])
    let daemon = try Daemon(["--keys", keys.path])
    let client = try daemon.client()
    let token = try sign(client)
    try TextFile.write(#"{"k":"s3cr3t"}"#, to: keys.path + "/b.jwk")
    chmod(keys.path + "/b.jwk", 0o644)
    daemon.process.signal(SIGHUP)
    let isTold = eventually { daemon.output.contains("the keys stay as they are") }
    #expect(isTold)
    #expect(daemon.output.contains("/b.jwk") && !daemon.output.contains("s3cr3t"))
    #expect(try verify(client, token).reason == nil)
    #expect(try verify(client, try sign(client)).reason == nil)
  }

  @Test("that could not be read anew degrade the sidecar's health until they can be")
  func health() throws {
    let keys = try TokenKeys(["HS256", "ES256"])
    let daemon = try Daemon(["--keys", keys.path])
    let client = try daemon.client()
    func reason() throws -> String? {
      let problems = try client.call("system.health")["degraded"] as? [[String: String]]
      return problems?.first { $0["what"] == "keys" }?["reason"]
    }
    func loadedAt() throws -> Double {
      try client.metrics().sum("token_keys_loaded_timestamp_seconds")
    }
    #expect(try client.call("system.health")["status"] as? String == "ok")
    #expect((try client.call("system.health")["remarks"] as? [Any])?.isEmpty == true)
    #expect(try client.metrics().sum("token_keys_reload_failures_total") == 0)
    let start = try loadedAt()
    #expect(abs(start - Double(time(nil))) < 60)
    for number in 1...5 {
      try TextFile.write(#"{"k":"s3cr3t"}"#, to: keys.path + "/bad\(number).jwk")
      chmod(keys.path + "/bad\(number).jwk", 0o600)
    }
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try reason() != nil })
    let told = try #require(try reason())
    #expect(told.contains("/bad1.jwk") && told.contains("and 2 more") && !told.contains("s3cr3t"))
    #expect(try client.call("system.health")["status"] as? String == "degraded")
    #expect(try client.metrics().sum("token_keys_reload_failures_total") == 1)
    #expect(try loadedAt() == start)
    let token = try sign(client)
    #expect(try verify(client, token).reason == nil)
    for number in 1...5 { unlink(keys.path + "/bad\(number).jwk") }
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try reason() == nil })
    #expect(try client.metrics().sum("token_keys_reload_failures_total") == 1)
    #expect(try loadedAt() > start)
    #expect(try verify(client, token).reason == nil)
  }

  @Test("that are gone altogether are a failed reload as well, and the old ones go on")
  func gone() throws {
    let keys = try TokenKeys(["HS256"])
    let folder = try ScratchFolder()
    let path = folder("jwt.HS256.jwk")
    try TextFile.write(TextFile.read(keys.path + "/HS256.jwk"), to: path)
    chmod(path, 0o400)
    let daemon = try Daemon(environment: ["CREDENTIALS_DIRECTORY": folder.path])
    let client = try daemon.client()
    let token = try sign(client)
    unlink(path)
    daemon.process.signal(SIGHUP)
    #expect(
      try eventually { try client.metrics().sum("token_keys_reload_failures_total") == 1 })
    #expect(try client.call("system.health")["status"] as? String == "degraded")
    #expect(try verify(client, token).reason == nil)
  }

  @Test("are counted by state and algorithm, and those of one run only are remarked on")
  func counted() throws {
    let keys = try TokenKeys(["HS256", "HS384", "ES256"])
    try keys.run("rotate", "HS256")
    try keys.run("retire", "HS384")
    let daemon = try Daemon(["--keys", keys.path])
    let metrics = try daemon.client().metrics()
    for (state, algorithm, count) in [
      ("active", "HS256", 1), ("verify-only", "HS256", 1), ("retired", "HS256", 0),
      ("active", "HS384", 0), ("retired", "HS384", 1), ("active", "ES256", 1),
    ] as [(String, String, Double)] {
      let labels = ["state": state, "algorithm": algorithm]
      #expect(metrics.sum("token_keys", labels) == count, "\(labels)")
      #expect(
        metrics.text.contains(
          #"cloakroom_token_keys{state="\#(state)",algorithm="\#(algorithm)"} \#(Int(count))"#))
    }
    #expect(metrics.sum("token_keys") == 4)
    let random = try Daemon()
    let client = try random.client()
    #expect(try client.metrics().sum("token_keys", ["state": "active"]) == 2)
    let health = try client.call("system.health")
    #expect(health["status"] as? String == "ok")
    let remarks = try #require(health["remarks"] as? [[String: String]])
    #expect(remarks.map { $0["what"] } == ["keys"])
    // And so they stay when there is nothing else to read.
    random.process.signal(SIGHUP)
    #expect(eventually { random.output.contains("policy reloaded") })
    #expect(try client.call("system.health")["status"] as? String == "ok")
  }

  @Test("that can't be used keep the sidecar from starting, and every fault is told")
  func refused() throws {
    let keys = try TokenKeys(["HS256", "HS384"])
    for name in ["HS256", "HS384"] { chmod("\(keys.path)/\(name).jwk", 0o644) }
    for folder in [keys.path, "/nonexistent", "/etc/hostname"] {
      let run = try ProgramRun(["serve", "--keys", folder])
      #expect(run.exit == .status(66))
      #expect(run.errors.contains(folder))
    }
    let run = try ProgramRun(["serve"], environment: ["CLOAKROOM_KEYS": keys.path])
    #expect(run.errors.contains("HS256.jwk") && run.errors.contains("HS384.jwk"))
  }

  @Test("come from systemd's credentials too, and two sidecars with the same keys are one")
  func credentials() throws {
    let keys = try TokenKeys(["EdDSA"])
    let folder = try ScratchFolder()
    try TextFile.write(TextFile.read(keys.path + "/EdDSA.jwk"), to: folder("jwt.EdDSA.jwk"))
    chmod(folder("jwt.EdDSA.jwk"), 0o400)
    let one = try Daemon(environment: ["CREDENTIALS_DIRECTORY": folder.path])
    let two = try Daemon(["--keys", keys.path, "--set", "tokens.issuer=https://id.example"])
    let token = try sign(try two.client())
    let answer = try verify(try one.client(), token)
    #expect(answer["claims", "iss"] as? String == "https://id.example")
    #expect(answer["header", "kid"] as? String == "EdDSA")
    #expect(!one.output.contains("keys of this run only"))
  }

  @Test("are listed without their secrets, and published without them")
  func listed() throws {
    let keys = try TokenKeys(["HS256", "RS256", "A256GCM"])
    let list = try keys.run("list")
    let set = try keys.run("jwks")
    for name in ["HS256", "RS256", "A256GCM"] {
      #expect(list.contains(name) && list.contains("active"))
      let text = TextFile.read("\(keys.path)/\(name).jwk")
      for member in ["k", "d", "p"] {
        guard let start = text.firstRange(of: "\"\(member)\":\"") else { continue }
        let secret = text[start.upperBound...].prefix(24)
        #expect(!list.contains(secret) && !set.contains(secret))
      }
    }
    let output = keys.path + "/set.json"
    try keys.run("jwks", "--output", output)
    #expect(TextFile.read(output) == set + "\n")
    let daemon = try Daemon(["--keys", keys.path])
    #expect(try daemon.client().call("jwt.jwks").text.contains(set))
  }

  @Test("are not made, changed or listed by a wrong command, which says what is wrong")
  func commands() throws {
    let keys = try TokenKeys(["HS256"])
    for (arguments, status, complaint) in [
      (["generate", "--algorithm", "RS1"], 64, "EdDSA"),
      (["generate", "--bits", "1024", "--algorithm", "RS256"], 64, "2048"),
      (["generate", "--bits", "4096"], 64, "HS256 keys have one size"),
      (["generate", "--id", "../a"], 73, "names"), (["generate", "--id", "HS256"], 73, "already"),
      (["rotate", "nobody"], 73, "keys list"), (["retire", "nobody"], 73, "keys list"),
      (["rotate"], 64, "id"), (["jwks", "--output", "/nonexistent/a"], 73, "/nonexistent/a"),
      (["list", "--keys", "/nonexistent"], 66, "/nonexistent"),
    ] as [([String], Int32, String)] {
      let run = try ProgramRun(
        ["keys"] + arguments, environment: ["CLOAKROOM_KEYS": keys.path])
      #expect(run.exit == .status(status), "\(arguments)")
      #expect(run.errors.contains(complaint), "\(run.errors)")
    }
    #expect(try keys.run("list").split(separator: "\n").count == 2)
    let nowhere = try ProgramRun(["keys", "list"])
    #expect(nowhere.exit == .status(64))
    #expect(nowhere.errors.contains("CLOAKROOM_KEYS"))
  }

  @Test(
    "of slow algorithms make their signatures beside the event loop, one call of a connection after the other"
  )
  func slow() throws {
    let keys = try TokenKeys(["RS256", "HS256"])
    let daemon = try Daemon(["--keys", keys.path, "--set", "limits.waitingWork=4"])
    let client = try daemon.client()
    let calls = Array(repeating: ("jwt.sign", #"{"keyId":"RS256"}"#), count: 200)
    let answers = try client.pipeline(calls).values
    #expect(answers.allSatisfy { $0.reason == nil })
    for answer in answers.prefix(3) {
      #expect(try verify(client, try #require(answer["token"] as? String)).reason == nil)
    }
    #expect(try client.metrics().sum("work_done_total") >= 200)
    // What is fast does not leave the loop.
    let before = try client.metrics().sum("work_done_total")
    #expect(try sign(client, #"{"keyId":"HS256"}"#).isEmpty == false)
    #expect(try client.metrics().sum("work_done_total") == before)
  }

  @Test("with a slow algorithm still revoke")
  func slowRevocation() throws {
    let keys = try TokenKeys(["ES384", "A256GCM"])
    let daemon = try Daemon(["--keys", keys.path])
    let client = try daemon.client()
    for seal in [false, true] {
      let token = try sign(client, #"{"seal":\#(seal)}"#)
      #expect(try verify(client, token).reason == nil)
      #expect(try client.call("jwt.revoke", #"{"token":"\#(token)"}"#)["revoked"] as? Bool == true)
      #expect(try verify(client, token).reason == "TOKEN_REVOKED")
      #expect(try verify(client, token + "A").reason == "TOKEN_INVALID")
    }
  }
}
