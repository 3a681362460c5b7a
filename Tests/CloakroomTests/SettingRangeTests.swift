import CloakroomCore
import Configuration
import Testing

@testable import Cloakroom

/// Every setting takes what it says that it takes, up to the very ends, and nothing past them.
@Suite("A setting's range", .timeLimit(.minutes(1)))
struct SettingRangeTests {
  /// A setting and the ends of what it takes, as they are said to people.
  struct Bounds: CustomTestStringConvertible, Sendable {
    let setting: Setting
    let lowest: String
    let highest: String

    var testDescription: String { setting.key }
  }

  static let ranges = Setting.table.compactMap { setting -> Bounds? in
    guard let match = setting.takes.firstMatch(of: /from ([0-9A-Za-z]+) to ([0-9A-Za-z]+)/) else {
      return nil
    }
    return Bounds(setting: setting, lowest: String(match.1), highest: String(match.2))
  }

  private static func takes(_ setting: Setting, _ text: String) throws -> Bool {
    var draft = ConfigurationDraft(processors: 2)
    do throws(SettingComplaint) {
      try setting.apply(.string(text), &draft)
      return true
    } catch {
      return false
    }
  }

  @Test("is taken to its ends, and one more is not", arguments: ranges)
  func ends(_ range: Bounds) throws {
    #expect(try Self.takes(range.setting, range.lowest))
    #expect(try Self.takes(range.setting, range.highest))
    let below = try #require(Self.next(to: range.lowest, by: -1))
    let above = try #require(Self.next(to: range.highest, by: 1))
    #expect(try !Self.takes(range.setting, below), "\(below)")
    #expect(try !Self.takes(range.setting, above), "\(above)")
  }

  @Test("is there for every limit")
  func all() {
    let limits = Setting.table.filter { $0.key.hasPrefix("limits.") }
    #expect(limits.count > 15)
    #expect(
      Set(limits.map(\.key))
        == Set(Self.ranges.map(\.setting.key).filter { $0.hasPrefix("limits.") })
    )
  }

  /// The number beside the one that a text says, in the smallest unit of its kind.
  private static func next(to text: String, by step: Int) -> String? {
    guard let match = text.wholeMatch(of: /(\d+)([A-Za-z]*)/), let number = Int(match.1) else {
      return nil
    }
    let units: [String: (size: Int, name: String)] = [
      "": (1, ""), "KiB": (1 << 10, ""), "MiB": (1 << 20, ""), "GiB": (1 << 30, ""),
      "ms": (1, "ms"), "s": (1000, "ms"), "m": (60_000, "ms"), "h": (3_600_000, "ms"),
      "d": (86_400_000, "ms"),
    ]
    return units[String(match.2)].map { "\(number * $0.size + step)\($0.name)" }
  }

  /// Settings that are texts, and how long they may be.
  static let lengths: [(key: String, longest: Int)] = [
    ("tokens.issuer", 256), ("keys.prefix", 128), ("store.clientName", 64),
    ("scopes.declared", 64), ("scopes.required", 64),
  ]

  @Test("of a text's length is taken to its end, and one more is not", arguments: lengths)
  func length(_ key: String, _ longest: Int) throws {
    let setting = try #require(Setting.named(key))
    #expect(try Self.takes(setting, "a"))
    #expect(try Self.takes(setting, String(repeating: "a", count: longest)))
    #expect(try !Self.takes(setting, String(repeating: "a", count: longest + 1)))
    #expect(try !Self.takes(setting, ""))
  }
}
