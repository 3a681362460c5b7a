import CloakroomSchema
import Testing

@Suite("Limits of schemas", .timeLimit(.minutes(1)))
struct LimitTests {
  @Test(
    "A schema that is larger than a limit is refused",
    arguments: [
      (#"{"title": "\#(String(repeating: "t", count: 300_000))"}"#, .schemaBytes),
      (nested("{\"not\":", "}", 200, "true"), .depth),
      ("{\"const\":" + nested("[", "]", 200, "") + "}", .depth),
      ("{\"allOf\":" + list("true", count: 20_000) + "}", .subschemas),
      (#"{"properties": {"\#(String(repeating: "n", count: 2_000))": true}}"#, .locationBytes),
    ] as [(String, SchemaFault.Limit)])
  func limitsSchema(schema: String, limit: SchemaFault.Limit) {
    #expect(throws: SchemaFault.exceeds(limit)) { try JSONSchema(schema) }
  }

  @Test("All locations in a schema together are limited")
  func limitsLocations() {
    var limits = SchemaLimits()
    limits.schemaBytes = 20_000
    let name = String(repeating: "n", count: 900)
    let schema = #"{"properties": {"\#(name)": {"allOf": \#(list("true"))}}}"#
    #expect(throws: SchemaFault.exceeds(.locationBytes)) { try JSONSchema(schema, limits: limits) }
  }

  @Test(
    "A value that is larger than a limit is refused",
    arguments: [
      ("true", "\"" + String(repeating: "x", count: 2 << 20) + "\"", .valueBytes),
      ("true", nested("[", "]", 200, ""), .depth),
      ("true", nested("{\"a\":", "}", 200, "1"), .depth),
    ] as [(String, String, SchemaFault.Limit)])
  func limitsValue(schema: String, value: String, limit: SchemaFault.Limit) throws {
    let schema = try JSONSchema(schema)
    #expect(throws: SchemaFault.exceeds(limit)) { try schema.validate(value) }
  }

  @Test("What 2^100 ways lead to is looked at once; a budget too small for that is exceeded")
  func sharesWork() throws {
    let schema = ##"{"type": "array", "items": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}"##
    let value = nested("[", "]", 100, "")
    for (steps, isEnough) in [(10_000, true), (1_000, false)] {
      var limits = SchemaLimits()
      limits.steps = steps
      let schema = try JSONSchema(schema, limits: limits)
      if isEnough {
        #expect(try schema.validate(value) == [])
      } else {
        #expect(throws: SchemaFault.exceeds(.steps)) { try schema.validate(value) }
      }
    }
  }

  @Test("What is within the limits is decided, at the deepest of it")
  func reachesLimits() throws {
    let schema = try JSONSchema(##"{"type": "array", "items": {"$ref": "#"}}"##)
    #expect(try schema.validate(nested("[", "]", 128, "")) == [])
    let violations = try schema.validate(nested("[", "]", 127, "1"))
    #expect(violations.map(\.instanceLocation) == [String(repeating: "/0", count: 127)])
  }

  @Test("Subschemas that are applied within one another are counted", arguments: [500, 600])
  func limitsEvaluation(count: Int) throws {
    // A chain of references, each of which is a subschema to apply within the one before.
    let links = (0..<count).map { ##""\##($0)": {"$ref": "#/$defs/\##($0 + 1)"}"## }
    let definitions = (links + [#""\#(count)": false"#]).joined(separator: ",")
    let schema = try JSONSchema(##"{"$ref": "#/$defs/0", "$defs": {\##(definitions)}}"##)
    if count < SchemaLimits().evaluationDepth {
      #expect(try schema.validate("1").map(\.keywordLocation) == ["/$defs/\(count)"])
    } else {
      #expect(throws: SchemaFault.exceeds(.evaluationDepth)) { try schema.validate("1") }
    }
  }

  @Test(
    "Each kind of work takes steps",
    arguments: [
      (#"{"items": true}"#, list("1")), (#"{"items": {"type": "number"}}"#, list("1")),
      (#"{"contains": false, "minContains": 0, "maxContains": 0}"#, list("1")),
      (#"{"uniqueItems": true}"#, list("{}")), (#"{"unevaluatedItems": true}"#, list("1")),
      (#"{"allOf": \#(list(#"{"const": [1]}"#, count: 200))}"#, list("1")),
      (#"{"allOf": \#(list(#"{"enum": [1]}"#, count: 100))}"#, list("1")),
      (#"{"patternProperties": {"a": true}}"#, #"{"\#(String(repeating: "b", count: 3_000))": 1}"#),
      (#"{"pattern": "a"}"#, "\"" + String(repeating: "b", count: 3_000) + "\""),
      (#"{"format": "uri"}"#, "\"" + String(repeating: "b", count: 3_000) + "\""),
      (#"{"required": ["\#((0..<3_000).map(String.init).joined(separator: #"",""#))"]}"#, "{}"),
    ] as [(String, String)])
  func countsSteps(schema: String, value: String) throws {
    var limits = SchemaLimits()
    limits.steps = 1_000
    limits.violations = 5_000
    let schema = try JSONSchema(schema, limits: limits)
    #expect(throws: SchemaFault.exceeds(.steps)) { try schema.validate(value) }
  }

  @Test("A schema serves several tasks at once")
  func isShared() async throws {
    let schema = try JSONSchema(#"{"items": {"pattern": "^(a|b)+$"}, "uniqueItems": true}"#)
    await withTaskGroup(of: Int?.self) { group in
      for index in 0..<8 {
        group.addTask {
          let value = index.isMultiple(of: 2) ? #"["ab", "ba"]"# : #"["ab", "c"]"#
          return try? schema.validate(value).count - index % 2
        }
      }
      for await count in group { #expect(count == 0) }
    }
  }
}

/// A value nested so and so deep.
private func nested(_ start: String, _ end: String, _ depth: Int, _ core: String) -> String {
  String(repeating: start, count: depth) + core + String(repeating: end, count: depth)
}

/// An array of equal elements.
private func list(_ element: String, count: Int = 1_000) -> String {
  "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
}
