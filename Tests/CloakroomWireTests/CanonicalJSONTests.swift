import Testing

@testable import CloakroomWire

@Suite("Canonical JSON", .timeLimit(.minutes(1)))
struct CanonicalJSONTests {
  private static func canonical(_ text: String) throws -> String {
    String(decoding: try CanonicalJSON.text(of: Array(text.utf8)), as: UTF8.self)
  }

  private static func fault(of text: String) -> CanonicalJSON.Fault? {
    do throws(CanonicalJSON.Fault) {
      _ = try CanonicalJSON.text(of: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "is what RFC 8785 says of its own examples",
    arguments: [
      // Section 3.2.2.
      (
        """
        {
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
          "literals": [null, true, false]
        }
        """,
        #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
      ),
      // Section 3.2.3: names are sorted by their UTF-16 code units, a pair before U+FB33.
      (
        #"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#,
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\u{FB33}\":\"Hebrew Letter Dalet With Dagesh\"}"
      ),
    ])
  func examples(text: String, canonical: String) throws {
    #expect(try Self.canonical(text) == canonical)
    #expect(try Self.canonical(canonical) == canonical)
  }

  @Test(
    "writes numbers as RFC 8785's appendix B has them",
    arguments: [
      (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"),
      (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
      (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
      (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
      (0x4340_0000_0000_0000, "9007199254740992"), (0xc340_0000_0000_0000, "-9007199254740992"),
      (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
      (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
      (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
      (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
      (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
      (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
      (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
      (0x41b3_de43_5555_5557, "333333333.33333343"),
      (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
      (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] as [(UInt64, String)])
  func numbers(bits: UInt64, text: String) throws {
    let number = Double(bitPattern: bits)
    #expect(DecimalNumber.scriptText(of: number) == text)
    // As a writer of all digits of a double sends it, and as it is written canonically.
    let exact = DecimalNumber(number, digits: 17)
    let digits = String(decoding: exact.digits.map { $0 + 0x30 }, as: UTF8.self)
    let sent =
      (exact.isNegative ? "-" : "") + "0.\(digits.isEmpty ? "0" : digits)e\(exact.point.text)"
    #expect(try Self.canonical(sent) == text)
    #expect(try Self.canonical(text) == text)
  }

  @Test(
    "is one for all spellings of one value",
    arguments: [
      (#"{"a":1,"b":[1.10,true]}"#, " { \"b\" : [11e-1,true] ,\n\"\\u0061\":1.0 } "),
      (#"{"a":{"c":0,"b":{}}}"#, #"{"a":{"b":{},"c":-0}}"#), (#""é""#, #""\u00e9""#),
      ("100", "1E2"), ("[]", "[ ]"), ("1e-7", "0.00000010"),
    ])
  func spellings(one: String, other: String) throws {
    #expect(try Self.canonical(one) == Self.canonical(other))
  }

  @Test(
    "is another for every other value",
    arguments: [
      ("[1,2]", "[2,1]"), ("1", #""1""#), ("null", "[]"), ("{}", "[]"),
      (#"{"a":null}"#, "{}"), ("9007199254740992", "9007199254740991"),
      ("0.1", "0.10000000000000002"),
      // No normalization: é in one code point and in two.
      ("\"\u{E9}\"", "\"e\u{301}\""),
    ])
  func others(one: String, other: String) throws {
    // Byte for byte: to Swift, texts are the same that Unicode takes for the same.
    #expect(try Array(Self.canonical(one).utf8) != Array(Self.canonical(other).utf8))
  }

  @Test(
    "is not written for a number that no double holds, and says where that is",
    arguments: [
      ("9007199254740993", ""), ("[1,{\"id\":18446744073709551615}]", "/1/id"), ("1e400", ""),
      ("-1e309", ""), ("1e-400", ""), ("{\"a/b\":{\"~\":123456789012345678}}", "/a~1b/~0"),
      ("0.1000000000000000001", ""), ("4503599627370496.5", ""), ("1.23e-322", ""),
      ("1e99999999999999999999", ""),
    ])
  func unheld(text: String, place: String) {
    #expect(Self.fault(of: text) == .number(at: place))
  }

  @Test(
    "is written for a number that a double holds, however long it is",
    arguments: [
      ("18446744073709551616", "18446744073709552000"), ("0e99999999999999999999", "0"),
      ("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
      ("123456789012345680", "123456789012345680"), ("333333333.33333329", "333333333.3333333"),
    ])
  func held(text: String, canonical: String) throws {
    #expect(try Self.canonical(text) == canonical)
  }

  @Test("is not written for what has a name twice, or half of a surrogate pair")
  func refused() {
    #expect(Self.fault(of: #"{"x":[{"a":1,"\u0061":2}]}"#) == .duplicate(at: "/x/0/a"))
    #expect(Self.fault(of: #"["\ud800"]"#) == .loneSurrogate(at: "/0"))
    #expect(Self.fault(of: #"{"a":{"\udc00":1}}"#) == .loneSurrogate(at: "/a"))
    #expect(Self.fault(of: "{") == .syntax)
    #expect(Self.fault(of: "") == .syntax)
  }

  @Test("is the same after it was read again, whatever the value")
  func random() throws {
    var texts = RandomJSON(seed: 8785)
    var count = 0
    for _ in 0..<500 {
      // What no double holds, and what has a name twice, has none.
      guard let once = try? CanonicalJSON.text(of: texts.valid()) else { continue }
      count += 1
      #expect(try CanonicalJSON.text(of: once) == once)
      #expect((try? JSONScanner.validate(once.span.bytes, depthLimit: 512)) != nil)
    }
    #expect(count > 50)
  }
}
