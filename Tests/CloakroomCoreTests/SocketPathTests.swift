import CloakroomCore
import Testing

@Suite("The socket's path", .timeLimit(.minutes(1)))
struct SocketPathTests {
  static let all = [
    "CLOAKROOM_SOCKET": "/env.sock", "RUNTIME_DIRECTORY": "/run/a:/run/b",
    "XDG_RUNTIME_DIR": "/run/user/7",
  ]

  @Test(
    "is the first that somebody names",
    arguments: [
      ("/flag.sock", all, "/file.sock", "/flag.sock"),
      (nil, all, "/file.sock", "/env.sock"),
      (nil, all.filter { $0.key != "CLOAKROOM_SOCKET" }, "/file.sock", "/file.sock"),
      (nil, all.filter { $0.key != "CLOAKROOM_SOCKET" }, nil, "/run/a/cloakroom.sock"),
      (nil, ["XDG_RUNTIME_DIR": "/run/user/7"], nil, "/run/user/7/cloakroom.sock"),
      (nil, ["CLOAKROOM_SOCKET": "", "RUNTIME_DIRECTORY": "/r"], nil, "/r/cloakroom.sock"),
      (nil, ["RUNTIME_DIRECTORY": ":", "XDG_RUNTIME_DIR": "/x"], nil, "/x/cloakroom.sock"),
    ] as [(String?, [String: String], String?, String)])
  func order(flag: String?, environment: [String: String], file: String?, path: String) throws {
    let found = try SocketPath.resolve(
      flag: flag, environment: environment, file: file, userID: 7)
    #expect(found.path == path)
    #expect(found.privateFolder == nil)
  }

  @Test("is in a private folder when nobody names one")
  func privateFolder() throws {
    for environment in [[:], ["XDG_RUNTIME_DIR": "relative"]] {
      let found = try SocketPath.resolve(flag: nil, environment: environment, userID: 7)
      #expect(found.path == "/tmp/cloakroom-7/cloakroom.sock")
      #expect(found.privateFolder == "/tmp/cloakroom-7")
    }
  }

  @Test("has at most 107 bytes")
  func length() throws {
    let longest = "/" + String(repeating: "x", count: 106)
    #expect(try SocketPath(longest).path == longest)
    #expect(throws: SocketPath.Fault.tooLong(path: longest + "x", bytes: 108)) {
      try SocketPath(longest + "x")
    }
    // Bytes count, not characters.
    let umlauts = "/" + String(repeating: "ä", count: 54)
    #expect(throws: SocketPath.Fault.tooLong(path: umlauts, bytes: 109)) {
      try SocketPath.resolve(flag: umlauts, environment: [:], userID: 7)
    }
    let folder = "/" + String(repeating: "x", count: 100)
    #expect(throws: SocketPath.Fault.tooLong(path: folder + "/cloakroom.sock", bytes: 116)) {
      try SocketPath.resolve(flag: nil, environment: ["RUNTIME_DIRECTORY": folder], userID: 7)
    }
  }

  @Test("is refused when it is empty or holds a NUL", arguments: ["", "/a\0b"])
  func notAPath(text: String) {
    #expect(throws: SocketPath.Fault.notAPath) {
      try SocketPath.resolve(flag: text, environment: [:], userID: 7)
    }
  }
}
