import CloakroomCore
import Glibc
import NIOCore
import Support
import Testing

@testable import CloakroomTokens

@Suite("A folder of keys", .timeLimit(.minutes(1)))
struct KeyFolderTests {
  private let scratch: Folder
  private var folder: KeyFolder { KeyFolder(scratch.path) }

  init() throws {
    scratch = try Folder()
    chmod(scratch.path, 0o700)
  }

  private static let jwk =
    #"{"kty":"oct","alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}"#

  private func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
    let path = scratch.path + "/" + name
    unlink(path)
    try TextFile.write(text, to: path)
    chmod(path, mode)
  }

  private func mode(_ name: String) -> mode_t {
    var status = stat()
    stat(scratch.path + "/" + name, &status)
    return status.st_mode & 0o7777
  }

  private func complaints() -> [String] {
    do throws(KeyFolderFault) {
      _ = try KeyFolder.ring(of: [folder])
      return []
    } catch {
      return error.complaints.map(\.description)
    }
  }

  @Test("gets keys of every algorithm that nobody else may read", arguments: KeyAlgorithm.allCases)
  func generate(algorithm: KeyAlgorithm) throws {
    let file = try folder.generate(algorithm, id: "mine")
    #expect(file.path == scratch.path + "/mine.jwk")
    #expect(mode("mine.jwk") == 0o600)
    #expect(file.key.algorithm == algorithm)
    #expect(file.key.state == .active)
    let read = try folder.read()
    #expect(read.map(\.key.id) == ["mine"])
    // Nothing is left behind, and nothing is overwritten.
    #expect(throws: KeyFolderFault.self) { try folder.generate(algorithm, id: "mine") }
    #expect(try folder.read().count == 1)
  }

  @Test("gets a sealing key with the alg that other JOSE programs take")
  func sealing() throws {
    _ = try folder.generate(.a256GCM, id: "seal")
    let text = TextFile.read(scratch.path + "/seal.jwk")
    #expect(text.contains(#""use":"enc","alg":"A256GCM","#) && !text.contains("dir"), "\(text)")
  }

  @Test("is made where it isn't, for the user alone")
  func made() throws {
    let inner = KeyFolder(scratch.path + "/inner")
    try inner.generate(.hs256, id: "a")
    #expect(mode("inner") == 0o700)
    unlink(inner.path + "/a.jwk")
    rmdir(inner.path)
  }

  @Test("rotates and retires keys, and never is without an active one")
  func rotation() throws {
    let first = try folder.generate(.es256, id: "first")
    let old = try #require(try KeyFolder.ring(of: [folder]))
    let token = try old.sign(TestKeys.claims()).text
    let second = try folder.rotate("first")
    #expect(second.key.algorithm == .es256)
    #expect(second.key.id != first.key.id)
    let new = try #require(try KeyFolder.ring(of: [folder]))
    #expect(new.keys.map(\.state).sorted { $0.rawValue < $1.rawValue } == [.active, .verifyOnly])
    #expect(try new.signingKey(nil).id == second.key.id)
    // What the old key has signed verifies, and the old ring goes on.
    #expect(new.reason(token) == nil)
    #expect(old.reason(try new.sign(TestKeys.claims()).text) == .tokenInvalid)
    #expect(throws: KeyFolderFault.self) { try folder.rotate("first") }
    try folder.retire("first")
    let last = try #require(try KeyFolder.ring(of: [folder]))
    #expect(last.reason(token) == .tokenInvalid)
    #expect(access(scratch.path + "/first.retired.jwk", F_OK) == 0)
    #expect(throws: KeyFolderFault.self) { try folder.retire("first") }
    #expect(throws: KeyFolderFault.self) { try folder.retire("nobody") }
    try folder.retire(second.key.id)
    #expect(complaints().count == 1)
  }

  @Test(
    "takes names for files that are plain ones only",
    arguments: [
      "", "../a", "a/b", ".a", "a.b", "-a", "a b", "a\n", String(repeating: "a", count: 65),
    ])
  func names(id: String) {
    #expect(throws: KeyFolderFault.self) { try folder.generate(.hs256, id: id) }
    #expect((try? folder.read().count) == 0)
  }

  @Test(
    "refuses files that others can read, and says what to do",
    arguments: [0o640, 0o604, 0o644, 0o660, 0o700] as [mode_t])
  func modes(mode: mode_t) throws {
    try write("a.jwk", Self.jwk, mode: mode)
    let all = complaints().joined()
    #expect(all.contains("a.jwk") && all.contains("chmod 600"))
    #expect(!all.contains("hJtXIZ"))
  }

  @Test("refuses to be written by others")
  func folderMode() throws {
    try write("a.jwk", Self.jwk)
    chmod(scratch.path, 0o770)
    #expect(complaints().joined().contains("chmod 700"))
    chmod(scratch.path, 0o750)
    #expect(complaints().isEmpty)
  }

  @Test("refuses files of another user", .enabled(if: geteuid() == 0, "needs root"))
  func owner() throws {
    try write("a.jwk", Self.jwk)
    chown(scratch.path + "/a.jwk", 65_534, 65_534)
    #expect(complaints().joined().contains("belongs to user 65534"))
  }

  @Test("tells of everything that is wrong, and nothing of what is in the files")
  func faults() throws {
    try write("a.jwk", #"{"kty":"oct","alg":"HS256","k":"s3cr3t"}"#)
    try write("b.jwk", "s3cr3t")
    try write("c.pem", "-----BEGIN PRIVATE KEY-----\ns3cr3t\n-----END PRIVATE KEY-----\n")
    try write("d.jwk", String(repeating: "s3cr3t", count: 20_000))
    mkdir(scratch.path + "/e.jwk", 0o700)
    mkfifo(scratch.path + "/f.pem", 0o600)
    try write("g.jwk", Self.jwk)
    try write("g.verify-only.jwk", Self.jwk)
    let all = complaints()
    for name in ["a.jwk", "b.jwk", "c.pem", "d.jwk", "e.jwk", "f.pem", "g.verify-only.jwk"] {
      #expect(all.contains { $0.contains("/\(name) ") }, "\(name)")
    }
    #expect(all.count == 7)
    #expect(!all.joined().contains("s3cr3t"))
    rmdir(scratch.path + "/e.jwk")
  }

  @Test("has files that are none of its business")
  func others() throws {
    try write("a.jwk", Self.jwk)
    for name in ["README", ".b.jwk", ".jwk", "jwk", "c.jwk~", "d.json", ".new-x"] {
      try write(name, "not a key", mode: 0o644)
    }
    #expect(try folder.read().map(\.key.id) == ["a"])
  }

  @Test("without a key is a fault, and without a folder too")
  func empty() throws {
    #expect(complaints().joined().contains("cloakroom keys generate"))
    #expect(throws: KeyFolderFault.self) { try KeyFolder.ring(of: [KeyFolder("/nonexistent")]) }
    #expect(throws: KeyFolderFault.self) { try KeyFolder.ring(of: [KeyFolder("/etc/passwd")]) }
  }

  @Test(
    "takes PEM files as OpenSSL writes them, with the algorithm in their names where there is a choice",
    arguments: [
      ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "a.pem", KeyAlgorithm.rs256),
      ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "a.PS256.pem", .ps256),
      ("genrsa -traditional 2048", "a.RS256.pem", .rs256),
      ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "a.pem", .es256),
      ("ecparam -name secp384r1 -genkey -noout", "a.ES384.pem", .es384),
      ("genpkey -algorithm ED25519", "a.pem", .edDSA),
    ])
  func pem(command: String, name: String, algorithm: KeyAlgorithm) throws {
    let made = try Tool.run(["openssl"] + command.split(separator: " ").map(String.init))
    try write(name, made.output)
    let ring = try #require(try KeyFolder.ring(of: [folder]))
    #expect(try ring.signingKey("a").algorithm == algorithm)
    #expect(ring.reason(try ring.sign(TestKeys.claims()).text) == nil)
  }

  @Test(
    "refuses PEM files that want a password, are too small, or of another kind than their names say",
    arguments: [
      ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024", "a.pem"),
      ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -aes256 -pass pass:x", "a.pem"),
      ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "a.ES384.pem"),
      ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "a.HS256.pem"),
      ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521", "a.pem"),
      ("genpkey -algorithm X25519", "a.pem"), ("genpkey -algorithm ED448", "a.pem"),
    ])
  func badPEM(command: String, name: String) throws {
    let made = try Tool.run(["openssl"] + command.split(separator: " ").map(String.init))
    try #require(made.output.contains("BEGIN"))
    try write(name, made.output)
    #expect(complaints().count == 1)
  }

  @Test("of systemd's credentials has keys among other things")
  func credentials() throws {
    let credentials = KeyFolder(scratch.path, isCredentials: true)
    try write("redis-password", "s3cr3t", mode: 0o440)
    #expect(try KeyFolder.ring(of: [credentials]) == nil)
    // As systemd makes them: read-only, and the user's access shows as the group's.
    try write("jwt.main.jwk", Self.jwk, mode: 0o440)
    try write("jwt.old.verify-only.jwk", Self.jwk, mode: 0o400)
    let ring = try #require(try KeyFolder.ring(of: [credentials]))
    #expect(try ring.signingKey(nil).id == "main")
    #expect(ring.keys.count == 2)
    try write("jwt.open.jwk", Self.jwk, mode: 0o444)
    #expect(throws: KeyFolderFault.self) { try KeyFolder.ring(of: [credentials]) }
  }
}
