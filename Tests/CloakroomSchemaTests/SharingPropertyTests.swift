import Support
import Testing

@testable import CloakroomSchema

/// Schemas whose parts are referred to from several places against the same with every part written out, of which
/// nothing is remembered.
@Suite("Schemas with shared parts against schemas without", .timeLimit(.minutes(2)))
struct SharingPropertyTests {
  /// A random schema over parts `A` to `E`.
  private static func schema(_ depth: Int, _ random: inout SplitMix) -> String {
    func part(_ random: inout SplitMix) -> String {
      depth > 0 && Bool.random(using: &random)
        ? schema(depth - 1, &random)
        : "@" + (["A", "B", "C", "D", "E"].randomElement(using: &random) ?? "A")
    }
    var keywords: [String] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let (one, other, third) = (part(&random), part(&random), part(&random))
      let all = [
        #""allOf":[\#(one),\#(other)]"#, #""anyOf":[\#(one),\#(other)]"#,
        #""oneOf":[\#(one),\#(other),\#(third)]"#, #""not":\#(one)"#,
        #""if":\#(one),"then":\#(other),"else":\#(third)"#, #""items":\#(one)"#,
        #""prefixItems":[\#(one)]"#, #""contains":\#(one)"#,
        #""properties":{"a":\#(one),"b":\#(other)}"#, #""patternProperties":{"^[ab]":\#(one)}"#,
        #""additionalProperties":\#(one)"#, #""unevaluatedProperties":\#(one)"#,
        #""unevaluatedItems":\#(one)"#, #""dependentSchemas":{"a":\#(one)}"#,
      ]
      keywords.append(all.randomElement(using: &random) ?? all[0])
    }
    // Each keyword once.
    var seen: Set<Substring> = []
    let once = keywords.filter { keyword in
      let name = keyword.split(separator: ":")[0]
      return seen.insert(name == "\"then\"" ? "\"if\"" : name).inserted
    }
    return "{" + once.joined(separator: ",") + "}"
  }

  private static let parts: [(name: String, schema: String)] = [
    ("A", #"{"type":["object","array","integer"]}"#),
    ("B", #"{"properties":{"a":{"type":"integer"}},"required":["a"]}"#),
    ("C", #"{"items":{"type":"integer"},"minItems":1}"#),
    ("D", #"{"properties":{"b":true},"prefixItems":[true]}"#),
    ("E", #"{"anyOf":[{"properties":{"c":{"type":"null"}}},{"contains":{"const":1}}]}"#),
  ]

  private static func value(_ depth: Int, _ random: inout SplitMix) -> String {
    let most = depth > 0 ? 6 : 3
    switch Int.random(in: 0..<most, using: &random) {
    case 0: return "\(Int.random(in: 0...2, using: &random))"
    case 1: return "null"
    case 2: return #""a""#
    case 3:
      let elements = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        value(depth - 1, &random)
      }
      return "[" + elements.joined(separator: ",") + "]"
    default:
      let names = ["a", "b", "c", "d"].filter { _ in Bool.random(using: &random) }
      let members = names.map { #""\#($0)":\#(value(depth - 1, &random))"# }
      return "{" + members.joined(separator: ",") + "}"
    }
  }

  @Test("decide alike, and tell of the same places", arguments: 1...4)
  func agrees(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var valid = 0
    var invalid = 0
    var limits = SchemaLimits()
    limits.violations = 10_000
    for _ in 0..<120 {
      let text = Self.schema(2, &random)
      var (shared, written) = (text, text)
      for (name, schema) in Self.parts {
        shared = shared.replacing("@" + name, with: ##"{"$ref":"#/$defs/\##(name)"}"##)
        written = written.replacing("@" + name, with: schema)
      }
      let definitions = Self.parts.map { #""\#($0.name)":\#($0.schema)"# }.joined(separator: ",")
      shared = "{\"$defs\":{\(definitions)},\(shared.dropFirst())"
      let (one, other) = (
        try JSONSchema(shared, limits: limits), try JSONSchema(written, limits: limits)
      )
      for _ in 0..<20 {
        let value = Self.value(3, &random)
        let (found, expected) = (try one.validate(value), try other.validate(value))
        #expect(found.isEmpty == expected.isEmpty, "\(text) for \(value)")
        // What is shared is told once for each place.
        #expect(
          Set(found.map(\.instanceLocation)) == Set(expected.map(\.instanceLocation)),
          "\(text) for \(value)")
        if found.isEmpty { valid += 1 } else { invalid += 1 }
      }
    }
    #expect(valid > 200 && invalid > 200)
  }

  @Test("Unique items are those of which no two are equal", arguments: 1...3)
  func unique(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let schema = try JSONSchema(#"{"uniqueItems":true}"#)
    var repeated = 0
    for _ in 0..<300 {
      let count = Int.random(in: 0...12, using: &random)
      let elements = (0..<count).map { _ in Self.value(2, &random) }
      var isUnique = true
      for (index, element) in elements.enumerated() {
        let constant = try JSONSchema(#"{"const":\#(element)}"#)
        for other in elements[..<index] where try constant.validate(other).isEmpty {
          isUnique = false
        }
      }
      let value = "[" + elements.joined(separator: ",") + "]"
      #expect(try schema.validate(value).isEmpty == isUnique, "\(value)")
      repeated += isUnique ? 0 : 1
    }
    #expect(repeated > 20 && repeated < 280)
  }
}
