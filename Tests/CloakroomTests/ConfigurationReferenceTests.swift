import CloakroomCore
import Testing

@testable import Cloakroom

@Suite("The settings' table", .timeLimit(.minutes(1)))
struct ConfigurationReferenceTests {
  @Test("has a setting for everything in a configuration")
  func complete() {
    // What is a setting under another name, or no setting of its own.
    let renamed = [
      "socket.privateFolder": "socket.path", "socket.groupID": "socket.group",
      "store.address": "store.url", "store.username": "store.url", "store.password": "store.url",
      "store.database": "store.url",
    ]
    var found: [String] = []
    let configuration = Configuration(socket: .init(path: "/s"))
    for section in Mirror(reflecting: configuration).children {
      guard let name = section.label, name != "policy", name != "store" else { continue }
      found += Mirror(reflecting: section.value).children.compactMap { field in
        field.label.map { "\(name).\($0)" }
      }
    }
    // Presets and limits' names are tables of their own in the file, as services are.
    found.removeAll { $0 == "pending.presets" || $0 == "ratelimit.policies" }
    let endpoint = RedisEndpoint(address: .unix(path: "/s"))
    found += Mirror(reflecting: endpoint).children.compactMap { $0.label.map { "store.\($0)" } }

    let keys = Setting.table.map(\.key)
    for field in found { #expect(keys.contains(renamed[field] ?? field), "\(field)") }
    let known = found.map { renamed[$0] ?? $0 } + ["store.passwordFile"]
    for key in keys { #expect(known.contains(key), "\(key)") }
  }

  @Test("has no name twice")
  func unique() {
    let names = [
      Setting.table.map(\.key), Setting.table.compactMap(\.flag), Setting.table.map(\.variable),
      Setting.table.compactMap { $0.conventional },
    ]
    for list in names { #expect(Set(list).count == list.count) }
  }

  @Test(
    "names variables as flags, or else as keys",
    arguments: [
      ("socket.path", "CLOAKROOM_SOCKET"), ("store.url", "CLOAKROOM_REDIS"),
      ("store.passwordFile", "CLOAKROOM_STORE_PASSWORD_FILE"),
      ("limits.frameBytes", "CLOAKROOM_LIMITS_FRAME_BYTES"),
      ("keys.defaultTTL", "CLOAKROOM_KEYS_DEFAULT_TTL"),
      ("limits.inFlightPerConnection", "CLOAKROOM_LIMITS_IN_FLIGHT_PER_CONNECTION"),
    ])
  func variables(key: String, variable: String) {
    #expect(Setting.named(key)?.variable == variable)
  }

  @Test("shows each default as it could be written")
  func defaults() throws {
    let defaults = ConfigurationDraft(processors: .max)
    for setting in Setting.table {
      guard let text = setting.show(defaults) else { continue }
      var draft = defaults
      #expect(throws: Never.self, "\(setting.key)") {
        try setting.apply(.string(text), &draft)
      }
      #expect(draft.configuration == defaults.configuration, "\(setting.key)")
      #expect(draft.redis == defaults.redis, "\(setting.key)")
    }
  }

  @Test("makes a reference with one row for each setting")
  func markdown() {
    let lines = ConfigurationReference.markdown().split(separator: "\n").map(String.init)
    #expect(lines.count == Setting.table.count + 2)
    for (line, setting) in zip(lines.dropFirst(2), Setting.table) {
      #expect(line.hasPrefix("| `\(setting.key)` | `\(setting.variable)`"))
      #expect(line.contains(setting.summary))
    }
    #expect(
      lines.contains {
        $0.hasPrefix("| `limits.frameBytes` | `CLOAKROOM_LIMITS_FRAME_BYTES` |  | `4MiB` |")
      })
    #expect(ConfigurationReference.flags.first == "socket")
    #expect(ConfigurationReference.help(forFlag: "loops")?.contains("1 to 64") == true)
    #expect(ConfigurationReference.help(forFlag: "none") == nil)
  }
}
