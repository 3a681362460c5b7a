import CloakroomSchema
import Testing

@Suite("Numbers in schemas", .timeLimit(.minutes(1)))
struct NumberTests {
  @Test(
    "Numbers are compared as they are written",
    arguments: [
      // 64 bits are exact, beyond what a double holds.
      (#"{"const": 9007199254740993}"#, "9007199254740993", true),
      (#"{"const": 9007199254740993}"#, "9007199254740992", false),
      (#"{"const": 9007199254740993}"#, "9007199254740992.0", false),
      (#"{"maximum": 9007199254740992}"#, "9007199254740993", false),
      (#"{"maximum": 9007199254740992.0}"#, "9007199254740993", false),
      (#"{"exclusiveMinimum": 9007199254740992}"#, "9007199254740993", true),
      (#"{"maximum": 9223372036854775807}"#, "9223372036854775807", true),
      (#"{"exclusiveMaximum": 9223372036854775808.0}"#, "9223372036854775807", true),
      (#"{"minimum": -9223372036854775808}"#, "-9223372036854775808", true),
      (#"{"minimum": -9223372036854775808}"#, "-1e19", false),
      (#"{"maximum": 1e19}"#, "9223372036854775807", true),
      (#"{"minimum": 1.5}"#, "1", false), (#"{"minimum": 1.5}"#, "2", true),
      (#"{"maximum": -1.5}"#, "-1", false), (#"{"maximum": -1.5}"#, "-2", true),
      (#"{"exclusiveMaximum": 1.5}"#, "1.5", false), (#"{"minimum": 0}"#, "-0.0", true),
      (#"{"minimum": 0.5}"#, "1e-400", false),
      // What is an integer.
      (#"{"type": "integer"}"#, "1.0", true), (#"{"type": "integer"}"#, "1e300", true),
      (#"{"type": "integer"}"#, "1.5", false), (#"{"type": "integer"}"#, "-0.0", true),
      (#"{"const": 1}"#, "1.0", true), (#"{"enum": [1.0]}"#, "1", true),
      (#"{"const": 0}"#, "-0.0", true), (#"{"const": 1}"#, "true", false),
      (#"{"const": 1e300}"#, "1e300", true), (#"{"minLength": 2.0}"#, #""a""#, false),
      (#"{"maxLength": 1e30}"#, #""a""#, true),
      (#"{"uniqueItems": true}"#, "[1, 1.0]", false), (#"{"uniqueItems": true}"#, "[0, 1]", true),
      (#"{"uniqueItems": true}"#, #"[1, true, "1", [1], {"a": 1}]"#, true),
      // Multiples, in decimal.
      (#"{"multipleOf": 0.01}"#, "19.99", true), (#"{"multipleOf": 0.01}"#, "19.999", false),
      (#"{"multipleOf": 0.1}"#, "0.3", true), (#"{"multipleOf": 0.0001}"#, "0.0075", true),
      (#"{"multipleOf": 0.0001}"#, "0.00751", false), (#"{"multipleOf": 0.01}"#, "4.35", true),
      (#"{"multipleOf": 0.01}"#, "-4.35", true), (#"{"multipleOf": 0.5}"#, "7.25", false),
      (#"{"multipleOf": 5}"#, "7.5", false), (#"{"multipleOf": 2.5}"#, "7.5", true),
      (#"{"multipleOf": 3}"#, "9223372036854775807", false),
      (#"{"multipleOf": 7}"#, "9223372036854775807", true),
      (#"{"multipleOf": 9223372036854775807}"#, "9223372036854775807", true),
      (#"{"multipleOf": 1e308}"#, "1e308", true), (#"{"multipleOf": 3}"#, "1e308", false),
      (#"{"multipleOf": 5e-324}"#, "1.5e308", true), (#"{"multipleOf": 1e308}"#, "5e-324", false),
      (#"{"multipleOf": 7}"#, "0", true), (#"{"multipleOf": 1e-7}"#, "0.0000003", true),
    ] as [(String, String, Bool)])
  func compares(schema: String, value: String, isValid: Bool) throws {
    #expect(try JSONSchema(schema).validate(value).isEmpty == isValid)
  }

  @Test(
    "Strings are compared and counted by code points",
    arguments: [
      (#"{"const": "\u00e9"}"#, #""é""#, true), (#"{"const": "e\u0301"}"#, #""\u00e9""#, false),
      (#"{"required": ["e\u0301"]}"#, #"{"\u00e9": 1}"#, false),
      (#"{"properties": {"e\u0301": false}}"#, #"{"\u00e9": 1}"#, true),
      (#"{"uniqueItems": true}"#, #"["e\u0301", "\u00e9"]"#, true),
      (#"{"maxLength": 1}"#, #""\ud83d\ude00""#, true), (#"{"minLength": 2}"#, #""e\u0301""#, true),
      (#"{"maxLength": 1}"#, #""\u0000""#, true),
    ] as [(String, String, Bool)])
  func comparesText(schema: String, value: String, isValid: Bool) throws {
    #expect(try JSONSchema(schema).validate(value).isEmpty == isValid)
  }
}
