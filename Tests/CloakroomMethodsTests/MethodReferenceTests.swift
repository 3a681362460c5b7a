import CloakroomCore
import CloakroomWire
import Testing

@testable import CloakroomMethods

@Suite("The reference", .timeLimit(.minutes(1)))
struct MethodReferenceTests {
  static let table = MethodTable.standard

  /// The part of the reference in Markdown that is about one method.
  static func section(_ method: Method) throws -> String {
    let headings = MethodReference.markdown(table: table).split(separator: "\n### `")
    let name = "\(method.name)`"
    let section = headings.filter { $0.prefix { $0 != "\n" } == name }
    #expect(section.count == 1, "\(method.name)")
    let text = String(try #require(section.first))
    return text.split(separator: "\n## ").first.map(String.init) ?? text
  }

  @Test("has each method once, with its parameters, errors, and an example", arguments: table.names)
  func methods(name: String) throws {
    let method = try #require(Self.table.methods.first { $0.name == name })
    let section = try Self.section(method)
    #expect(section.contains("\n\(method.summary)\n"))
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(rows.count == method.parameters.count)
    for (row, parameter) in zip(rows, method.parameters) {
      #expect(row.hasPrefix("| `\(parameter.name)` |"))
      #expect(row.contains("| yes |") == parameter.isRequired)
    }
    for reason in method.ownReasons { #expect(section.contains("`\(reason.name)`")) }
    #expect(section.contains("\ncloakroom call \(name)"))
    #expect(section.contains("\n# \(method.example.result)\n"))
  }

  @Test("tells what a parameter may be at least and at most", arguments: table.names)
  func limits(name: String) throws {
    let method = try #require(Self.table.methods.first { $0.name == name })
    let rows = try Self.section(method).split(separator: "\n").filter { $0.hasPrefix("| `") }
    for (row, parameter) in zip(rows, method.parameters) {
      let bare = row.filter { $0 != "," }
      let limits = /"(maximum|minimum|maxLength|maxItems)":([0-9.]+)/
      for limit in "\(parameter.schema)".matches(of: limits) {
        #expect(bare.contains(limit.2), "\(parameter.name) \(limit.1)")
      }
    }
  }

  @Test(
    "writes a type with its limits",
    arguments: [
      (#"{"type":"integer","minimum":1,"maximum":3600000}"#, "integer (1 to 3,600,000)"),
      (#"{"type":["integer","null"],"minimum":1}"#, "integer (from 1) or null"),
      (#"{"type":"number","maximum":0.9}"#, "number (up to 0.9)"),
      (#"{"type":"string","maxLength":1024}"#, "string (up to 1,024 bytes)"),
      (
        #"{"type":"array","maxItems":32,"items":{"type":"string","maxLength":999}}"#,
        "array of string (up to 999 bytes) (up to 32)"
      ),
    ])
  func type(schema: String, text: String) throws {
    #expect(try JSONNode(Array(schema.utf8)).typeForPeople == text)
  }

  @Test("has each namespace under one heading, and the parameters that every method takes")
  func shared() {
    let text = MethodReference.markdown(table: Self.table)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let headings = lines.filter { $0.hasPrefix("## `") }
    #expect(headings.count == Set(headings).count)
    #expect(Set(headings) == Set(Self.table.methods.map { "## `\($0.namespace)`" }))
    for parameter in Parameter.common {
      #expect(lines.filter { $0.hasPrefix("| `\(parameter.name)` |") }.count == 1)
    }
    #expect(text.hasSuffix("\n"))
    #expect(!text.hasSuffix("\n\n"))
  }

  @Test("has each error once, with its code")
  func errors() {
    let lines = MethodReference.errorsMarkdown(table: Self.table).split(separator: "\n")
    for reason in Self.table.reasons {
      #expect(lines.filter { $0.hasPrefix("| `\(reason.name)` | \(reason.code) |") }.count == 1)
    }
  }

  @Test(
    "has rows of as many cells as their head, whatever stands in them",
    arguments: ["methods", "errors"])
  func cells(what: String) {
    let text =
      what == "methods"
      ? MethodReference.markdown(table: Self.table)
      : MethodReference.errorsMarkdown(table: Self.table)
    var columns = 0
    for line in text.split(separator: "\n") {
      guard line.hasPrefix("|") else { continue }
      var bare = String(line)
      while let escaped = bare.firstRange(of: #"\|"#) { bare.removeSubrange(escaped) }
      let bars = bare.filter { $0 == "|" }.count
      if line.hasPrefix("| parameter") || line.hasPrefix("| reason") { columns = bars }
      #expect(bars == columns, "\(line)")
    }
    #expect(columns > 0)
  }

  @Test("in a terminal lists each method once, and tells all of one")
  func plain() {
    let list = MethodReference.list(Self.table).split(separator: "\n")
    #expect(list.map { String($0.prefix { $0 != " " }) } == Self.table.names)
    for method in Self.table.methods {
      let text = MethodReference.plain(method)
      #expect(text.hasPrefix("\(method.name)\n  \(method.summary)\n"))
      let lines = text.split(separator: "\n")
      for parameter in method.allParameters {
        let name = "  \(parameter.name)\(parameter.isRequired ? "" : "?") "
        #expect(lines.contains { $0.hasPrefix(name) }, "\(method.name) \(parameter.name)")
      }
      for reason in method.allReasons { #expect(text.contains("  \(reason.code)  \(reason.name)")) }
      #expect(text.contains("\(method.example.result)"))
    }
  }

  @Test("quotes an example so that a shell hands it over as it is")
  func quoting() {
    let method = Method(
      "a.b", "Does.", [], result: "true", effect: .read, example: (#"{"x":"it's"}"#, "1"),
      .system { _ in .ping })
    #expect(MethodReference.call(method) == #"cloakroom call a.b '{"x":"it'\''s"}'"#)
    let bare = Method(
      "a.c", "Does.", [], result: "true", effect: .read, example: ("{}", "1"),
      .system { _ in .ping })
    #expect(MethodReference.call(bare) == "cloakroom call a.c")
  }
}
