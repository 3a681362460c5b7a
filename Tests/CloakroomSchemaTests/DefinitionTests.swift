import CloakroomSchema
import Testing

@Suite("Defining schemas", .timeLimit(.minutes(1)))
struct DefinitionTests {
  @Test(
    "A schema that is not one is refused, at the keyword that is wrong",
    arguments: [
      // Keywords that are unknown, misspelt, of other drafts, or not supported.
      (#"{"minLenght": 3}"#, "/minLenght"), (#"{"nullable": true}"#, "/nullable"),
      (#"{"definitions": {}}"#, "/definitions"), (#"{"dependencies": {}}"#, "/dependencies"),
      (#"{"additionalItems": false}"#, "/additionalItems"), (#"{"id": "x"}"#, "/id"),
      (##"{"$dynamicRef": "#a"}"##, "/$dynamicRef"),
      (##"{"$recursiveRef": "#"}"##, "/$recursiveRef"),
      (#"{"$dynamicAnchor": "a"}"#, "/$dynamicAnchor"), (#"{"$vocabulary": {}}"#, "/$vocabulary"),
      (#"{"properties": {"a/b": {"~": 1}}}"#, "/properties/a~1b/~0"),
      (#"{"allOf": [true, {"not": {"x": 1}}]}"#, "/allOf/1/not/x"),
      // Values of the wrong type.
      ("1", ""), ("null", ""), ("[]", ""), (#"{"not": 1}"#, "/not"), (#"{"allOf": {}}"#, "/allOf"),
      (#"{"allOf": []}"#, "/allOf"), (#"{"anyOf": []}"#, "/anyOf"),
      (#"{"oneOf": [1]}"#, "/oneOf/0"),
      (#"{"items": [true]}"#, "/items"), (#"{"prefixItems": []}"#, "/prefixItems"),
      (#"{"properties": []}"#, "/properties"), (#"{"properties": {"a": 1}}"#, "/properties/a"),
      (#"{"$defs": {"a": null}}"#, "/$defs/a"), (#"{"contentSchema": 1}"#, "/contentSchema"),
      (#"{"then": 1}"#, "/then"), (#"{"else": {"x": 1}}"#, "/else/x"),
      (#"{"required": "a"}"#, "/required"), (#"{"required": [1]}"#, "/required"),
      (#"{"required": ["a", "a"]}"#, "/required"),
      (#"{"dependentRequired": {"a": "b"}}"#, "/dependentRequired/a"),
      (#"{"enum": 1}"#, "/enum"), (#"{"uniqueItems": 1}"#, "/uniqueItems"),
      (#"{"type": "int"}"#, "/type"), (#"{"type": []}"#, "/type"), (#"{"type": 1}"#, "/type"),
      (#"{"type": ["null", "null"]}"#, "/type"), (#"{"title": 1}"#, "/title"),
      (#"{"deprecated": "yes"}"#, "/deprecated"), (#"{"examples": {}}"#, "/examples"),
      // Numbers out of range.
      (#"{"minLength": -1}"#, "/minLength"), (#"{"maxItems": 1.5}"#, "/maxItems"),
      (#"{"minContains": "1"}"#, "/minContains"), (#"{"multipleOf": 0}"#, "/multipleOf"),
      (#"{"multipleOf": -0.5}"#, "/multipleOf"), (#"{"maximum": "9"}"#, "/maximum"),
      // Names and references.
      (#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#, "/$schema"),
      (##"{"$id": "#a"}"##, "/$id"), (#"{"$id": "a b"}"#, "/$id"),
      (#"{"$anchor": "1"}"#, "/$anchor"),
      (##"{"$anchor": "#a"}"##, "/$anchor"), (#"{"$ref": 1}"#, "/$ref"),
      (#"{"$ref": "%"}"#, "/$ref"),
      (#"{"$ref": "https://example.com/other"}"#, "/$ref"), (#"{"$ref": "other.json"}"#, "/$ref"),
      (##"{"$ref": "#/$defs/a"}"##, "/$ref"), (##"{"$ref": "#a"}"##, "/$ref"),
      (##"{"items": {"$ref": "#/default"}, "default": {}}"##, "/items/$ref"),
      (#"{"$ref": "https://json-schema.org/draft/2020-12/schema"}"#, "/$ref"),
      (#"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"#, "/$defs/b/$anchor"),
      (#"{"$defs": {"a": {"$id": "x"}, "b": {"$id": "x"}}}"#, "/$defs/b/$id"),
      // Formats and patterns.
      (#"{"format": "credit-card"}"#, "/format"), (#"{"format": 1}"#, "/format"),
      (#"{"pattern": "("}"#, "/pattern"), (#"{"pattern": 1}"#, "/pattern"),
      (#"{"patternProperties": {"[": true}}"#, "/patternProperties/["),
    ] as [(String, String)])
  func refuses(schema: String, location: String) {
    let fault = #expect(throws: SchemaFault.self) { try JSONSchema(schema) }
    guard case .refused(location, _) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
  }

  @Test(
    "A schema that applies itself to the same value again is refused: it would never end",
    arguments: [
      (##"{"$ref": "#"}"##, ""), (##"{"allOf": [{"$ref": "#"}]}"##, ""),
      (##"{"anyOf": [true, {"not": {"$ref": "#"}}]}"##, ""),
      (##"{"if": {"$ref": "#"}}"##, ""), (##"{"dependentSchemas": {"a": {"$ref": "#"}}}"##, ""),
      (##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##, "/$defs/a"),
    ] as [(String, String)])
  func refusesEndless(schema: String, location: String) {
    #expect(
      throws: SchemaFault.refused(at: location, message: "refers to itself for the same value")
    ) { try JSONSchema(schema) }
  }

  @Test(
    "A schema or value that can't be looked into is refused",
    arguments: [
      ("", ""), ("{", ""), ("{} {}", ""), ("1\0", ""), ("[\"\u{1}\"]", ""), ("[01]", ""),
      ("{\"a\": 1, \"a\": 2}", "/a"), (#"[0, {"a": [{"b/": 1, "\u0062/": 2}]}]"#, "/1/a/0/b~1"),
      (#"["\ud800"]"#, "/0"), (#"["\udc00\ud800"]"#, "/0"), (#"{"a": {"\ud800": 1}}"#, "/a"),
    ] as [(String, String)])
  func refusesUnreadable(text: String, pointer: String) throws {
    for read in [{ _ = try JSONSchema(text) }, { _ = try JSONSchema("true").validate(text) }] {
      let fault = #expect(throws: SchemaFault.self) { try read() }
      guard case .unreadable(let place, _) = fault else {
        Issue.record("\(String(describing: fault))")
        return
      }
      #expect(place == pointer)
    }
  }

  @Test("Annotations are accepted, and are no conditions")
  func acceptsAnnotations() throws {
    let schema = try JSONSchema(
      #"""
      {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/a",
       "$comment": "c", "title": "t", "description": "d", "default": 1, "examples": [1],
       "deprecated": true, "readOnly": true, "writeOnly": false, "contentEncoding": "base64",
       "contentMediaType": "application/json", "contentSchema": {"type": "null"}}
      """#)
    #expect(try schema.validate(#""anything""#) == [])
  }

  @Test("References go by URI, anchor and pointer, and may be recursive")
  func resolvesReferences() throws {
    let schema = try JSONSchema(
      ##"""
      {"$id": "https://example.com/tree", "type": "object", "additionalProperties": false,
       "properties": {
         "size": {"$ref": "tree#size"},
         "name": {"$ref": "names/short"},
         "left": {"$ref": "#"},
         "right": {"$ref": "https://example.com/tree"}},
       "$defs": {
         "a/b %": {"$anchor": "size", "type": "integer"},
         "short": {"$id": "names/short", "$ref": "#/$defs/any", "maxLength": 3,
                   "$defs": {"any": {"type": "string"}}}}}
      """##)
    #expect(try schema.validate(#"{"left": {"right": {"size": 1, "name": "abc"}}}"#) == [])
    let violations = try schema.validate(#"{"left": {"right": {"size": "x", "name": 1}}}"#)
    #expect(
      violations.map { [$0.instanceLocation, $0.keywordLocation] } == [
        ["/left/right/size", "/$defs/a~1b %/type"],
        ["/left/right/name", "/$defs/short/$defs/any/type"],
      ])
  }
}
