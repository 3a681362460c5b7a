import Cloakroom
import CloakroomCore
import Glibc
import Testing

/// Loads configurations on a machine that is the same everywhere: user 7, two processors, and a
/// handful of accounts.
enum Load {
  static var loader: ConfigurationLoader {
    var loader = ConfigurationLoader()
    loader.userID = 7
    loader.processors = 2
    loader.methodNames = ["kv.get", "kv.set", "batch.get", "system.ping"]
    let groups = [
      "www": Accounts.Group(id: 33, members: [100, 101]),
      "staff": Accounts.Group(id: 44, members: [200]),
    ]
    loader.accounts = Accounts(
      userID: { ["root": 0, "billing": 100, "web": 101][$0] },
      group: { groups[$0] },
      groupOfID: { id in groups.values.first { $0.id == id } })
    return loader
  }

  static func configuration(
    flags: [String: String] = [:], assignments: [String] = [], environment: [String: String] = [:],
    file: String? = nil
  ) throws -> Configuration {
    try loader.load(flags: flags, assignments: assignments, environment: environment, file: file)
  }

  static func faults(
    flags: [String: String] = [:], assignments: [String] = [], environment: [String: String] = [:],
    file: String? = nil
  ) -> [ConfigurationFault] {
    do throws(ConfigurationFaults) {
      _ = try loader.load(
        flags: flags, assignments: assignments, environment: environment, file: file)
      return []
    } catch {
      return error.faults
    }
  }
}

/// A file that lives as long as the test that made it.
final class TemporaryFile {
  let path: String

  init(_ text: String) throws {
    var template = Array("/tmp/cloakroom-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let bytes = Array(text.utf8)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
  }

  deinit { unlink(path) }
}
