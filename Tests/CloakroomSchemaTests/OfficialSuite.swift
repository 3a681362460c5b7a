import CJansson
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
    let root = text.withUnsafeBytes {
      json_loadb($0.baseAddress, $0.count, Int(JSON_ALLOW_NUL), nil)
    }
    guard let root else { return nil }
    defer { cloakroom_json_release(root) }
    return elements(of: root).compactMap { group in
      guard let schema = json_object_get(group, "schema"),
        let tests = json_object_get(group, "tests")
      else { return nil }
      return Group(
        file: file, description: description(of: group), schema: bytes(of: schema),
        cases: elements(of: tests).compactMap { test in
          guard let value = json_object_get(test, "data") else { return nil }
          let isValid = json_object_get(test, "valid")?.pointee.type == JSON_TRUE
          return Case(
            description: description(of: test), value: bytes(of: value), isValid: isValid)
        })
    }
  }

  private static func elements(
    of value: UnsafeMutablePointer<json_t>
  ) -> [UnsafeMutablePointer<json_t>] {
    (0..<json_array_size(value)).compactMap { json_array_get(value, $0) }
  }

  private static func description(of value: UnsafeMutablePointer<json_t>) -> String {
    json_string_value(json_object_get(value, "description")).map { String(cString: $0) } ?? ""
  }

  private static func bytes(of value: UnsafeMutablePointer<json_t>) -> [UInt8] {
    let flags = Int(JSON_ENCODE_ANY)
    var bytes = Array(repeating: UInt8(0), count: json_dumpb(value, nil, 0, flags))
    _ = bytes.withUnsafeMutableBytes {
      json_dumpb(value, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, flags)
    }
    return bytes
  }
}
