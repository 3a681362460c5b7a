import CloakroomCore
import Testing

@Suite("The configured store", .timeLimit(.minutes(1)))
struct ConfigurationStoreTests {
  @Test(
    "is named by a flag, by CLOAKROOM_REDIS, by REDIS_URL or by its pieces, in this order",
    arguments: [
      ([:], nil, .memory),
      (["REDIS_HOST": "a"], nil, redis("a")),
      (["REDIS_PORT": "7000"], nil, redis("localhost", 7000)),
      (["REDIS_PASSWORD": "p@:/ss"], nil, redis("localhost", 6379, "p@:/ss")),
      (["REDIS_HOST": "::1", "REDIS_PORT": "1"], nil, redis("::1", 1)),
      (["REDIS_HOST": "[::1]"], nil, redis("::1")),
      (["REDIS_HOST": "a", "REDIS_URL": "redis://b"], nil, redis("b")),
      (["REDIS_HOST": "a", "REDIS_URL": ""], nil, redis("a")),
      (["REDIS_PORT": "tcp://k8s", "REDIS_URL": "redis://b"], nil, redis("b")),
      (["REDIS_URL": "redis://b", "CLOAKROOM_REDIS": "redis://c"], nil, redis("c")),
      (["REDIS_PORT": "tcp://k8s", "CLOAKROOM_REDIS": "memory"], nil, .memory),
      (["CLOAKROOM_REDIS": "redis://c"], "redis://d", redis("d")),
      (["REDIS_HOST": "a"], "memory", .memory),
    ] as [([String: String], String?, Configuration.Store)])
  func precedence(
    environment: [String: String], flag: String?, store: Configuration.Store
  ) throws {
    let flags = flag.map { ["redis": $0] } ?? [:]
    #expect(try Load.configuration(flags: flags, environment: environment).store == store)
  }

  @Test("of a file gives way to the environment's, pieces included")
  func overFile() throws {
    let file = try TemporaryFile(#"{"store": {"url": "redis://file/2", "commandTimeout": "3s"}}"#)
    var wanted = RedisEndpoint(address: .tcp(host: "file", port: 6379), database: 2)
    wanted.commandTimeout = .seconds(3)
    #expect(try Load.configuration(file: file.path).store == .redis(wanted))
    wanted.address = .tcp(host: "pieces", port: 6379)
    wanted.database = 0
    #expect(
      try Load.configuration(environment: ["REDIS_HOST": "pieces"], file: file.path).store
        == .redis(wanted))
  }

  @Test("takes its password from a file, less a line break")
  func passwordFile() throws {
    for text in ["pass word", "pass word\n", "pass word\r\n"] {
      let password = try TemporaryFile(text)
      let found = try Load.configuration(
        flags: ["redis": "redis://app@h", "store-password-file": password.path])
      guard case .redis(let endpoint) = found.store else {
        Issue.record("the store is not Redis")
        return
      }
      #expect(endpoint.password?.exposed == "pass word")
      #expect(endpoint.username == "app")
    }
  }

  @Test("refuses a password file that is missing, empty, one password too many, or nobody's")
  func badPasswordFile() throws {
    let empty = try TemporaryFile("\n")
    let full = try TemporaryFile("secret")
    let faults = { (store: String, path: String) in
      Load.faults(flags: ["redis": store, "store-password-file": path]).map(\.description)
    }
    #expect(
      faults("redis://h", "/nowhere") == ["/nowhere: can't be read: No such file or directory"])
    #expect(
      faults("redis://h", empty.path) == [
        "\(empty.path): holds no password, or one that isn't UTF-8"
      ])
    #expect(
      faults("redis://:p@h", full.path)
        == ["--store-password-file: the store's URL has a password too: leave one out"])
    #expect(faults("memory", "/nowhere") == [])
    #expect(
      Load.faults(flags: ["store-password-file": full.path]).map(\.description)
        == ["--store-password-file: is for a Redis, and store.url names none"])
  }

  private static func redis(
    _ host: String, _ port: Int = 6379, _ password: String? = nil
  ) -> Configuration.Store {
    .redis(
      RedisEndpoint(
        address: .tcp(host: host, port: port), password: password.map { Secret($0) }))
  }
}
