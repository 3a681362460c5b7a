import CloakroomSchema
import Testing

/// `é` in one scalar and in two are the same to Unicode, and to Swift's strings, but not to JSON Schema.
@Suite("Names and texts that are equal to Unicode alone", .timeLimit(.minutes(1)))
struct SpellingTests {
  private static let composed = "caf\u{e9}"
  private static let decomposed = "cafe\u{301}"

  @Test(
    "are not equal to any keyword",
    arguments: [
      (#"{"const": "A"}"#, #""B""#), (#"{"enum": ["x", "A"]}"#, #""B""#),
      (#"{"const": {"A": 1}}"#, #"{"B": 1}"#), (#"{"const": ["A"]}"#, #"["B"]"#),
      (#"{"required": ["A"]}"#, #"{"B": 1}"#),
      (#"{"properties": {"B": true}, "additionalProperties": false}"#, #"{"A": 1}"#),
      (#"{"properties": {"B": true}, "unevaluatedProperties": false}"#, #"{"A": 1}"#),
      (#"{"properties": {"B": false}, "required": ["A"]}"#, #"{"B": 1}"#),
      (#"{"patternProperties": {"^A$": true}, "additionalProperties": false}"#, #"{"B": 1}"#),
      (#"{"propertyNames": {"const": "A"}}"#, #"{"B": 1}"#),
      (#"{"dependentRequired": {"B": ["A"]}}"#, #"{"B": 1}"#),
      (#"{"dependentSchemas": {"B": {"required": ["A"]}}}"#, #"{"B": 1}"#),
      (#"{"contains": {"const": "A"}}"#, #"["B"]"#),
    ])
  func unequal(schema: String, value: String) throws {
    for (one, other) in Self.spellings {
      func spelled(_ text: String) -> String {
        text.replacing("A", with: one).replacing("B", with: other)
      }
      #expect(try !JSONSchema(spelled(schema)).validate(spelled(value)).isEmpty)
    }
  }

  private static let spellings = [(composed, decomposed), (decomposed, composed)]

  @Test("are unique items, and two members of one object")
  func unique() throws {
    let both = #""\#(Self.composed)""# + "," + #""\#(Self.decomposed)""#
    #expect(try JSONSchema(#"{"uniqueItems": true}"#).validate("[\(both)]") == [])
    #expect(try JSONSchema(#"{"required": [\#(both)]}"#).validate("{}").count == 2)
    let object = #"{"\#(Self.composed)": 1, "\#(Self.decomposed)": 2}"#
    #expect(try JSONSchema(#"{"minProperties": 2}"#).validate(object) == [])
  }

  @Test("are led to by two references")
  func references() throws {
    let schema = try JSONSchema(
      ##"""
      {"properties": {"one": {"$ref": "#/$defs/caf%C3%A9"}, "two": {"$ref": "#/$defs/cafe%CC%81"}},
       "$defs": {"\##(Self.composed)": {"type": "string"}, "\##(Self.decomposed)": {"type": "integer"}}}
      """##)
    #expect(try schema.validate(#"{"one": "a", "two": 2}"#) == [])
    #expect(try schema.validate(#"{"one": 1, "two": "b"}"#).count == 2)
    #expect(throws: SchemaFault.self) {
      try JSONSchema(##"{"$ref": "#/$defs/caf%C3%A9", "$defs": {"\##(Self.decomposed)": true}}"##)
    }
  }
}
