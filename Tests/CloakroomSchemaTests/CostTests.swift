import Testing

@testable import CloakroomSchema

/// What validations take from their budget: never more than in proportion to what they are given.
@Suite("What a validation costs", .timeLimit(.minutes(2)))
struct CostTests {
  /// What a validation has cost, in steps; nil when it was more than there are.
  private static func cost(_ schema: String, _ value: String) throws -> Int? {
    let schema = try JSONSchema(schema)
    let instance = try JSONInstance(Array(value.utf8).span.bytes)
    var allowance = SchemaAllowance()
    let before = allowance.steps
    do {
      _ = try schema.validate(instance, &allowance)
      return before - allowance.steps
    } catch SchemaFault.exceeds(.steps) {
      return nil
    }
  }

  private static func list(_ count: Int, _ element: (Int) -> String) -> String {
    "[" + (0..<count).map(element).joined(separator: ",") + "]"
  }

  private static func object(_ count: Int, _ member: (Int) -> String = { #""\#($0)":1"# }) -> String
  {
    "{" + (0..<count).map(member).joined(separator: ",") + "}"
  }

  /// References that lead twice to the next, so that 2^levels ways lead to the leaf.
  static func tree(_ levels: Int, _ leaf: String) -> String {
    let links = (0..<levels).map {
      ##""\##($0)":{"allOf":[{"$ref":"#/$defs/\##($0 + 1)"},{"$ref":"#/$defs/\##($0 + 1)"}]}"##
    }
    return
      ##"{"$ref":"#/$defs/0","$defs":{\##(links.joined(separator: ",")),"\##(levels)":\##(leaf)}}"##
  }

  private static let kinds: [(schema: String, value: @Sendable (Int) -> String)] = [
    (#"{"items":{"type":"integer","minimum":0}}"#, { list($0) { "\($0)" } }),
    (#"{"items":{"minimum":0.5,"multipleOf":0.25}}"#, { list($0) { "\($0 + 1).25" } }),
    (#"{"uniqueItems":true}"#, { list($0) { "\($0)" } }),
    (#"{"uniqueItems":true}"#, { list($0) { #"{"a":[\#($0).5],"b":"\#($0)"}"# } }),
    (#"{"contains":{"const":-1},"minContains":0,"maxContains":3}"#, { list($0) { "\($0)" } }),
    (#"{"items":{"enum":[1,"a",{"b":2}]}}"#, { list($0) { _ in #"{"b":2}"# } }),
    (
      "{\"patternProperties\":" + object(100) { #""^\#($0)(?!0)":{"type":"number"}"# } + "}",
      { object($0) }
    ),
    (
      #"{"allOf":[{"patternProperties":{"1$":true}}],"unevaluatedProperties":{"type":"number"}}"#,
      { object($0) }
    ),
    (#"{"unevaluatedItems":{"type":"number"}}"#, { list($0) { _ in "1" } }),
    (#"{"propertyNames":{"maxLength":9}}"#, { object($0) }),
    (#"{"pattern":"^(?:(?!(?=a*c)a*b)a)*$"}"#, { "\"" + String(repeating: "a", count: $0) + "\"" }),
    (#"{"pattern":"^(a|aa)+$"}"#, { "\"" + String(repeating: "a", count: $0) + "b\"" }),
    (#"{"format":"uri"}"#, { "\"a:" + String(repeating: ";", count: $0) + "\"" }),
    (#"{"minimum":1,"maximum":2}"#, { String(repeating: "9", count: $0) }),
    (
      ##"{"type":"array","items":{"anyOf":[{"type":"null"},{"$ref":"#"}]}}"##,
      { list($0) { _ in "[null,[]]" } }
    ),
    (tree(30, #"{"items":{"type":"number"}}"#), { list($0) { _ in "1" } }),
    (
      tree(30, #"{"properties":{"1":true},"unevaluatedProperties":{"type":"number"}}"#),
      { object($0) }
    ),
  ]

  @Test("grows with the value, and not faster", arguments: 0..<17)
  func grows(kind: Int) throws {
    let (schema, value) = Self.kinds[kind]
    let few = try #require(try Self.cost(schema, value(300)))
    let many = try #require(try Self.cost(schema, value(3_000)))
    #expect(many >= 500)
    #expect(many <= 11 * few, "\(few) steps for 300, \(many) for 3,000")
  }

  @Test("There is a case for each kind")
  func all() { #expect(Self.kinds.count == 17) }

  @Test("A name is looked at once, however many ways lead to what looks it up")
  func longName() throws {
    let name = String(repeating: "n", count: 200_000)
    let schema = Self.tree(18, #"{"properties":{"a":true,"b":true}}"#)
    let cost = try #require(try Self.cost(schema, #"{"\#(name)":1}"#))
    #expect(cost < 1_000)
  }

  @Test("What 2^100 ways lead to is applied to a value once, and told once")
  func ways() throws {
    let schema = try JSONSchema(Self.tree(100, #"{"type":"string"}"#))
    let violations = try schema.validate("1")
    #expect(violations.map(\.keywordLocation) == ["/$defs/100/type"])
    #expect(try schema.validate(#""a""#) == [])
  }

  @Test("Several thousand members of a schema cost what is looked up, not what there is")
  func manyNamed() throws {
    let schema = "{\"properties\":" + Self.object(3_000) { #""\#($0)":{"type":"number"}"# } + "}"
    #expect(try #require(try Self.cost(schema, #"{"7":1}"#)) < 100)
  }

  @Test("Work that is shared by nothing ends with the steps")
  func exceeds() throws {
    let schema = #"{"items":{"allOf":\#(Self.list(900) { #"{"minLength":\#($0 % 3)}"# })}}"#
    let value = Self.list(1_000) { _ in #""abc""# }
    #expect(try Self.cost(schema, value) == nil)
  }

  @Test("Places that are compared cost what is there")
  func places() throws {
    let text = Self.list(20_000) { "\($0)" }
    let one = try JSONInstance(Array(#"{"a":\#(text)}"#.utf8).span.bytes)
    let spaced = text.replacing(",", with: " ,")
    let other = try JSONInstance(Array(#"{"a":\#(spaced)}"#.utf8).span.bytes)
    let pointer = try #require(JSONPointer("/a"))
    var allowance = SchemaAllowance()
    let before = allowance.steps
    #expect(try one.isSame(as: one, at: pointer, &allowance))
    let same = before - allowance.steps
    #expect(same < 10_000)
    #expect(try one.isSame(as: other, at: pointer, &allowance))
    #expect(before - allowance.steps > 20_000)
    #expect(throws: SchemaFault.exceeds(.steps)) {
      while true { _ = try one.isSame(as: other, at: pointer, &allowance) }
    }
    #expect(allowance.steps < 0)
  }
}

/// What a compiled schema takes.
@Suite("What a schema takes", .timeLimit(.minutes(1)))
struct SchemaMemoryTests {
  @Test("is told, with its patterns' automata and its values")
  func told() throws {
    let small = try JSONSchema("{}").memoryBytes
    #expect(small > 0 && small < 1_000)
    let states = try JSONSchema(#"{"pattern":"(?:[ab]c){9990}"}"#)
    #expect(states.memoryBytes > 16 * states.patternStates)
    #expect(states.memoryBytes < 1 << 20)
    let values = (0..<1_000).map(String.init).joined(separator: ",")
    #expect(try JSONSchema(#"{"enum":[\#(values)]}"#).memoryBytes > 32_000)
  }

  @Test("is limited, and what takes more is refused by the limit's name")
  func limited() throws {
    for schema in [
      #"{"pattern":"(?:[ab]c){900}"}"#, #"{"allOf":[{},{},{},{}]}"#, #"{"enum":["aaaaaaaaaaaa"]}"#,
      #"{"required":["aaaaaaaaaaaa"]}"#, #"{"properties":{"aaaaaaaaaaaa":true}}"#,
    ] {
      var limits = SchemaLimits()
      limits.compiledBytes = try JSONSchema(schema).memoryBytes
      #expect(throws: Never.self) { try JSONSchema(schema, limits: limits) }
      limits.compiledBytes -= 1
      #expect(throws: SchemaFault.exceeds(.compiledBytes)) {
        try JSONSchema(schema, limits: limits)
      }
    }
  }

  @Test("is no more for a set of characters that is repeated")
  func sharedSets() throws {
    let set = "[" + (0..<300).map { "\\\\u{\(String(0x400 + 3 * $0, radix: 16))}" }.joined() + "]"
    let once = try JSONSchema(#"{"pattern":"\#(set)"}"#).memoryBytes
    let often = try JSONSchema(#"{"pattern":"\#(set){500}"}"#).memoryBytes
    #expect(often - once < 500 * 40)
  }

  @Test("A schema's own name, and what it refers to, have as many bytes as are looked at")
  func longURIs() {
    let base = String(repeating: "a/", count: 400)
    let references = Array(repeating: ##"{"$ref":"b"}"##, count: 9_000).joined(separator: ",")
    #expect(throws: SchemaFault.exceeds(.locationBytes)) {
      try JSONSchema(
        #"{"$id":"x:/\#(base)","allOf":[\#(references)],"$defs":{"b":{"$id":"b"}}}"#)
    }
    let fault = #expect(throws: SchemaFault.self) {
      try JSONSchema(#"{"$id":"x:/\#(String(repeating: "a", count: 2_000))"}"#)
    }
    guard case .refused("/$id", _) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
  }
}
