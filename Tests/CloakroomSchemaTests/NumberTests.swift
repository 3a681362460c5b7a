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
      // Beyond 64 bits, and beyond what a double holds.
      (#"{"maximum": 18446744073709551615}"#, "18446744073709551615", true),
      (#"{"maximum": 18446744073709551615}"#, "18446744073709551616", false),
      (#"{"maximum": 18446744073709551615}"#, "18446744073709551615.0000000000000000001", false),
      (#"{"const": 18446744073709551616}"#, "18446744073709551616.0", true),
      (#"{"const": 18446744073709551616}"#, "18446744073709551617", false),
      (#"{"const": 1e400}"#, "10E+399", true), (#"{"const": 1e400}"#, "-1e400", false),
      (#"{"const": 0.1}"#, "0.1000000000000000055511151231257827", false),
      (#"{"const": 9223372036854775808}"#, "9.223372036854775808e18", true),
      (#"{"const": -9223372036854775808}"#, "-9.223372036854775808e18", true),
      (#"{"const": 0}"#, "0e999999999999999999999999", true),
      (#"{"enum": [1e400, 2]}"#, "0.1e401", true),
      (#"{"uniqueItems": true}"#, "[1e400, 10e399]", false),
      (#"{"type": "integer"}"#, "1e400", true), (#"{"type": "integer"}"#, "1e-400", false),
      (#"{"type": "integer"}"#, "120e-1", true), (#"{"type": "integer"}"#, "12e-1", false),
      // An exponent is never written out, whatever its size.
      (#"{"minimum": 1e999999999}"#, "1e1000000000", true),
      (#"{"minimum": 0}"#, "1e-999999999", true),
      (#"{"maximum": 1e999999999}"#, "9.99e999999998", true),
      (#"{"exclusiveMinimum": 1e99999999999999999999}"#, "1e100000000000000000000", true),
      (#"{"exclusiveMinimum": 1e99999999999999999999}"#, "10e99999999999999999998", false),
      (#"{"const": 1e99999999999999999999}"#, "0.1e100000000000000000000", true),
      (#"{"exclusiveMaximum": 1e-99999999999999999999}"#, "1e-100000000000000000000", true),
      (#"{"const": 1e999999999999999999}"#, "0.01e1000000000000000001", true),
      (#"{"multipleOf": 1e999999999}"#, "3e999999999", true),
      (#"{"multipleOf": 1e999999999}"#, "3e999999998", false),
      (#"{"multipleOf": 7e-999999999}"#, "1e999999999", false),
      (#"{"multipleOf": 8e-999999999}"#, "1e999999999", true),
      (#"{"multipleOf": 7e99999999999999999999}"#, "14e99999999999999999999", true),
      (#"{"multipleOf": 16e99999999999999999999}"#, "2e100000000000000000002", true),
      (#"{"multipleOf": 16e99999999999999999999}"#, "2e100000000000000000001", false),
      (#"{"multipleOf": 123456789012345678901234567891}"#, "246913578024691357802469135782", true),
      (#"{"multipleOf": 123456789012345678901234567891}"#, "246913578024691357802469135783", false),
      (#"{"multipleOf": 1e-400}"#, "1.10", true), (#"{"minLength": 1e400}"#, #""a""#, false),
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

  @Test("The work of a division is counted in steps")
  func countsDivision() throws {
    let long = String(repeating: "9", count: 40_000)
    let value = String(repeating: "123456789", count: 20_000)
    let schema = try JSONSchema(#"{"multipleOf": \#(long)}"#)
    #expect(throws: SchemaFault.exceeds(.steps)) { try schema.validate(value) }
    // The same with a divisor of a reasonable length is told.
    #expect(try JSONSchema(#"{"multipleOf": 123456789}"#).validate(value).isEmpty)
  }

  @Test(
    "A limit is told as it is meant, if it isn't too long",
    arguments: [
      ("18446744073709551615", "18446744073709551615"), ("1e400", "1e+400"), ("-1.50", "-1.5"),
      ("1e-999999999", "1e-999999999"),
      (String(repeating: "7", count: 500), "what the schema says"),
    ])
  func tellsLimit(limit: String, text: String) throws {
    let violations = try JSONSchema(#"{"maximum": \#(limit)}"#).validate("1e1000")
    #expect(violations.map(\.message) == ["must be at most \(text)"])
  }

  @Test("A name holds any character, U+0000 among them")
  func namesWithNUL() throws {
    let schema = try JSONSchema(
      #"{"properties": {"a\u0000b": {"type": "null"}}, "required": ["a\u0000b"]}"#)
    #expect(try schema.validate(#"{"a\u0000b": null}"#).isEmpty)
    #expect(try schema.validate(#"{"a": null}"#).map(\.keywordLocation) == ["/required"])
    let violations = try schema.validate(#"{"a\u0000b": 1}"#)
    #expect(violations.map(\.instanceLocation) == ["/a\u{0}b"])
  }
}
