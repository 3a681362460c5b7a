import CloakroomWire
import Foundation
import Testing

/// The official test suite for draft 2020-12.
enum OfficialSuite {
  /// A schema of the suite, and values that are valid or not.
  struct Group: Sendable, CustomTestStringConvertible {
    let file: String
    let description: String
    let schema: [UInt8]
    let cases: [Case]

    var testDescription: String { "\(file): \(description)" }
  }

  /// A value, and whether it is valid.
  struct Case: Sendable {
    let description: String
    let value: [UInt8]
    let isValid: Bool
  }

  /// A file of the suite couldn't be read.
  struct Unreadable: Error { let file: String }

  /// All groups of the suite.
  static func groups() throws -> [Group] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/JSON-Schema-Test-Suite")
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return try (files ?? []).filter { $0.hasSuffix(".json") }.sorted().flatMap { file in
      let text = try Array(Data(contentsOf: folder.appending(path: file)))
      let name = String(file.dropLast(".json".count))
      guard let groups = groups(in: text, of: name) else { throw Unreadable(file: file) }
      return groups
    }
  }

  private static func groups(in text: [UInt8], of file: String) -> [Group]? {
    guard let root = try? JSONNode(text) else { return nil }
    return root.elements.compactMap { group in
      guard let schema = group["schema"], let tests = group["tests"] else { return nil }
      return Group(
        file: file, description: group["description"]?.string ?? "", schema: Array(schema.bytes),
        cases: tests.elements.compactMap { test in
          guard let value = test["data"] else { return nil }
          return Case(
            description: test["description"]?.string ?? "", value: Array(value.bytes),
            isValid: test["valid"]?.kind == .true)
        })
    }
  }
}
