import CloakroomCore
import Foundation
import Testing

@testable import Cloakroom

/// Whatever can be set does something: by reading the sources.
@Suite("What can be set", .timeLimit(.minutes(1)))
struct UnreadSettingTests {
  /// A part of the configuration, and one thing in it.
  struct Field: Sendable, CustomTestStringConvertible {
    /// The type of the part, as it is written.
    let type: String
    /// What the part is called in the configuration.
    let part: String
    let name: String

    var testDescription: String { "\(part).\(name)" }
  }

  static let fields: [Field] =
    Mirror(reflecting: Configuration(socket: .init(path: "/s"))).children
    .filter { $0.label != "store" && $0.label != "policy" }
    .flatMap { part in
      fields(of: part.value, type: "Configuration.\(type(of: part.value))", part.label ?? "")
    }
    + fields(of: RedisEndpoint(address: .unix(path: "/s")), type: "RedisEndpoint", "endpoint")
    + fields(of: Configuration.Pending.Preset(), type: "Configuration.Pending.Preset", "preset")

  private static func fields(of value: Any, type: String, _ part: String) -> [Field] {
    Mirror(reflecting: value).children.map { Field(type: type, part: part, name: $0.label ?? "") }
  }

  private static let sources: [(path: String, text: String)] = {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = package.appending(path: "Sources")
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return (names ?? []).filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
      // What is said of a setting reads nothing.
      let lines = (text ?? "").split(separator: "\n").filter {
        !$0.drop { $0 == " " }.hasPrefix("//")
      }
      return (name, lines.joined(separator: "\n"))
    }
  }()

  /// All that is neither the configuration itself nor what makes it.
  private static let readers = sources.filter {
    !$0.path.hasPrefix("CloakroomCore/Configuration/")
      && !$0.path.hasPrefix("Cloakroom/Configuration/")
  }.map(\.text).joined(separator: "\n")

  /// What stands in an expression's first group, wherever it is found.
  private static func found(_ expression: String, in text: String) throws -> Set<String> {
    let matches = try NSRegularExpression(pattern: expression).matches(
      in: text, range: NSRange(text.startIndex..., in: text))
    return Set(matches.compactMap { Range($0.range(at: 1), in: text).map { String(text[$0]) } })
  }

  /// Where a field is read, as the expressions that read it.
  private static func reads(of field: Field) throws -> Set<String> {
    // A part goes by its own name, and by those that functions and types give it which take it.
    let type = NSRegularExpression.escapedPattern(for: field.type)
    let taken = try found("([a-zA-Z]+): \(type)[?]?(?![.a-zA-Z])", in: readers)
    let bound = try found(
      "(?:let|var) ([a-zA-Z]+) = [a-zA-Z.]+\\.\(field.part)(?![.(a-zA-Z])", in: readers)
    let names = taken.union(bound).union([field.part]).joined(separator: "|")
    return try found("\\b((?:\(names))[?]?\\.\(field.name))\\b", in: readers)
  }

  @Test("is read by what is not the configuration itself", arguments: fields)
  func read(_ field: Field) throws {
    #expect(try !Self.reads(of: field).isEmpty, "nothing reads \(field.testDescription)")
  }

  @Test("is all found, and what nothing reads is not")
  func everything() throws {
    #expect(Self.fields.count > 50)
    #expect(Self.sources.count > 300)
    let nothing = Field(type: "Configuration.Limits", part: "limits", name: "nonsense")
    #expect(try Self.reads(of: nothing).isEmpty)
  }

  @Test("on a command line is read by its command")
  func flags() throws {
    var count = 0
    for source in Self.sources where source.path.hasPrefix("CloakroomCommand/") {
      // What help says of an option reads nothing either.
      let code = source.text
        .replacing(/"""[\s\S]*?"""/, with: "").replacing(/"(\\.|[^"\n\\])*"/, with: "")
      let declared = try Self.found(
        #"@(?:Option|Flag|Argument|OptionGroup)\b[^@]*? var ([a-zA-Z]+)"#, in: code)
      count += declared.count
      for name in declared {
        let reads = try Self.found(#"(?<!var )(?<![.\w])(\#(name))\b(?!:)"#, in: code)
        #expect(!reads.isEmpty, "nothing reads \(name) of \(source.path)")
      }
    }
    #expect(count > 50)
  }
}
