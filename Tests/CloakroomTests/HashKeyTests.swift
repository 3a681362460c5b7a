import CloakroomCore
import Glibc
import Testing

@Suite("What the access log's keys are hashed with", .timeLimit(.minutes(1)))
struct HashKeyTests {
  private static let digits = "00112233445566778899aAbBcCdDeEfF"

  private func faults(_ path: String, _ environment: [String: String] = [:]) -> [String] {
    Load.faults(assignments: ["accessLog.hashKey=\(path)"], environment: environment)
      .map(\.description)
  }

  @Test("comes from a file of 32 hexadecimal digits, and is shown nowhere", arguments: ["", "\n"])
  func file(end: String) throws {
    let file = try TemporaryFile(Self.digits + end)
    let found = try Load.configuration(assignments: ["accessLog.hashKey=\(file.path)"])
    #expect(found.accessLog.hashKey?.exposed == Self.digits)
    var text = ""
    dump(found, to: &text)
    #expect(!text.contains(Self.digits) && !"\(found)".contains(Self.digits))
    #expect(try Load.configuration().accessLog.hashKey == nil)
  }

  @Test(
    "is nothing else",
    arguments: ["", "\n", "0011", digits + "0", String(digits.dropLast()) + "g", "0x" + digits])
  func malformed(text: String) throws {
    let file = try TemporaryFile(text)
    #expect(
      faults(file.path) == [
        "\(file.path): is not 32 hexadecimal digits: openssl rand -hex 16 makes them"
      ])
  }

  @Test("is refused where others can read it, as a key for tokens is", arguments: [0o640, 0o604])
  func open(mode: Int) throws {
    let file = try TemporaryFile(Self.digits)
    #expect(chmod(file.path, mode_t(mode)) == 0)
    #expect(
      faults(file.path) == [
        "\(file.path): has mode \(String(mode, radix: 8)), which lets others in: chmod 600 it"
      ])
    #expect(faults("/nowhere") == ["/nowhere: can't be read: No such file or directory"])
    #expect(faults("/tmp").count == 1)
  }

  @Test("may be one of systemd's credentials, which the user's group can read")
  func credential() throws {
    let file = try TemporaryFile(Self.digits)
    #expect(chmod(file.path, 0o440) == 0)
    #expect(faults(file.path).count == 1)
    #expect(faults(file.path, ["CREDENTIALS_DIRECTORY": "/tmp"]) == [])
    #expect(faults(file.path, ["CREDENTIALS_DIRECTORY": "/tm"]).count == 1)
  }
}
