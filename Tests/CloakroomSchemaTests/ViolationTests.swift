import CloakroomSchema
import Testing

@Suite("Violations", .timeLimit(.minutes(1)))
struct ViolationTests {
  @Test(
    "Each says where in the value and in the schema it is",
    arguments: [
      (#"{"type": "object"}"#, "1", "", "/type"),
      (#"{"type": ["string", "null"]}"#, "1", "", "/type"),
      (#"{"enum": [1, 2]}"#, "3", "", "/enum"), (#"{"const": 1}"#, "2", "", "/const"),
      (#"{"minimum": 2}"#, "1", "", "/minimum"), (#"{"maximum": 2}"#, "3", "", "/maximum"),
      (#"{"exclusiveMinimum": 2}"#, "2", "", "/exclusiveMinimum"),
      (#"{"exclusiveMaximum": 2}"#, "2", "", "/exclusiveMaximum"),
      (#"{"multipleOf": 2}"#, "3", "", "/multipleOf"),
      (#"{"minLength": 2}"#, #""é""#, "", "/minLength"),
      (#"{"maxLength": 1}"#, #""ab""#, "", "/maxLength"),
      (#"{"pattern": "^a"}"#, #""b""#, "", "/pattern"),
      (#"{"format": "uuid"}"#, #""b""#, "", "/format"),
      (#"{"items": {"type": "null"}}"#, "[null, 1]", "/1", "/items/type"),
      (#"{"prefixItems": [{"type": "null"}]}"#, "[1]", "/0", "/prefixItems/0/type"),
      (#"{"items": false}"#, "[1]", "/0", "/items"), (#"{"minItems": 1}"#, "[]", "", "/minItems"),
      (#"{"maxItems": 1}"#, "[1, 2]", "", "/maxItems"),
      (
        #"{"uniqueItems": true}"#, #"[{"a": 1, "b": 2}, 1, {"b": 2, "a": 1.0}]"#, "/2",
        "/uniqueItems"
      ),
      (#"{"contains": {"const": 1}}"#, "[2]", "", "/contains"),
      (#"{"contains": true, "minContains": 2}"#, "[2]", "", "/minContains"),
      (#"{"contains": true, "maxContains": 1}"#, "[2, 2]", "", "/maxContains"),
      (#"{"required": ["a"]}"#, "{}", "", "/required"),
      (#"{"dependentRequired": {"a": ["b"]}}"#, #"{"a": 1}"#, "", "/dependentRequired"),
      (#"{"minProperties": 1}"#, "{}", "", "/minProperties"),
      (#"{"maxProperties": 0}"#, #"{"a": 1}"#, "", "/maxProperties"),
      (#"{"properties": {"a": false}}"#, #"{"a": 1}"#, "/a", "/properties/a"),
      (#"{"patternProperties": {"^a": false}}"#, #"{"ab": 1}"#, "/ab", "/patternProperties/^a"),
      (#"{"additionalProperties": false}"#, #"{"~a/b": 1}"#, "/~0a~1b", "/additionalProperties"),
      (#"{"propertyNames": {"maxLength": 1}}"#, #"{"ab": 1}"#, "/ab", "/propertyNames"),
      (#"{"dependentSchemas": {"a": false}}"#, #"{"a": 1}"#, "", "/dependentSchemas/a"),
      (#"{"allOf": [true, {"type": "null"}]}"#, "1", "", "/allOf/1/type"),
      (#"{"anyOf": [false, {"type": "null"}]}"#, "1", "", "/anyOf"),
      (#"{"oneOf": [true, true]}"#, "1", "", "/oneOf"), (#"{"oneOf": [false]}"#, "1", "", "/oneOf"),
      (#"{"not": true}"#, "1", "", "/not"),
      (#"{"if": {"type": "number"}, "then": {"minimum": 2}}"#, "1", "", "/then/minimum"),
      (#"{"if": {"type": "null"}, "else": {"minimum": 2}}"#, "1", "", "/else/minimum"),
      (#"{"unevaluatedItems": false}"#, "[1]", "/0", "/unevaluatedItems"),
      (
        #"{"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}"#,
        #"{"a": 1, "b": 1}"#, "/b", "/unevaluatedProperties"
      ),
      (#"{"items": {"properties": {"": false}}}"#, #"[{"": 1}]"#, "/0/", "/items/properties/"),
    ] as [(String, String, String, String)])
  func tellsWhere(
    schema: String, value: String, instance: String, keyword: String
  ) throws {
    let violations = try JSONSchema(schema).validate(value)
    #expect(violations.map(\.instanceLocation) == [instance])
    #expect(violations.map(\.keywordLocation) == [keyword])
  }

  @Test("None holds a piece of the value, apart from its members' names in the location")
  func tellsNothing() throws {
    var limits = SchemaLimits()
    limits.violations = 1_000
    let schema = try JSONSchema(
      #"""
      {"additionalProperties": {
         "type": "null", "enum": [0], "const": 0, "minLength": 99, "maxLength": 1, "format": "uuid",
         "pattern": "^a", "multipleOf": 2, "minimum": 99999999, "maximum": 1,
         "exclusiveMinimum": 99999999, "exclusiveMaximum": 1, "not": {"type": "string"},
         "anyOf": [false], "oneOf": [false]},
       "propertyNames": {"maxLength": 1}, "minProperties": 9, "required": ["x"]}
      """#, limits: limits)
    let violations = try schema.validate(#"{"hush1": "7654321", "hush2": 7654321}"#)
    #expect(violations.count == 24)
    for violation in violations {
      let text = violation.message + violation.keywordLocation
      #expect(!text.contains("7654321") && !text.contains("hush"), "\(text)")
      #expect(!violation.instanceLocation.contains("7654321"))
    }
  }

  @Test("There are no more than the limit says", arguments: [1, 2, 32])
  func areLimited(limit: Int) throws {
    var limits = SchemaLimits()
    limits.violations = limit
    let value = "[1" + String(repeating: ",1", count: 99) + "]"
    for schema in [
      #"{"items": {"type": "null"}}"#, #"{"items": {"allOf": [false, false]}}"#,
      #"{"unevaluatedItems": false}"#,
    ] {
      #expect(try JSONSchema(schema, limits: limits).validate(value).count == limit)
    }
  }

  @Test("A location that is too long is that of the nearest container")
  func areShort() throws {
    let name = String(repeating: "n", count: 2_000)
    let schema = try JSONSchema(#"{"properties": {"a": {"additionalProperties": false}}}"#)
    let violations = try schema.validate(#"{"a": {"\#(name)": 1}}"#)
    #expect(violations.map(\.instanceLocation) == ["/a"])
  }
}
