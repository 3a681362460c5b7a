import CloakroomWire
import Testing

@Suite("JSON texts", .timeLimit(.minutes(1)))
struct JSONScannerTests {
  @Test(
    "Valid texts are accepted, and told what they are",
    arguments: [
      ("{}", .object), ("[]", .array), (#""""#, .string), ("0", .number), ("true", .true),
      ("false", .false), ("null", .null), (" \t\r\n[ \t\r\n] \t\r\n", .array),
      ("-0", .number), ("-0.0", .number), ("0e0", .number), ("0E+00", .number),
      ("123.456e-789", .number), ("1E22", .number), ("1e400", .number),
      ("9007199254740993", .number), ("123123123123123123123123123123", .number),
      ("-1", .number), ("20e1", .number), ("[-0]", .array), ("1.5 ", .number),
      (#"{"a":1,"a":2}"#, .object), (#"{"":0}"#, .object), (#"{"a\u0000b":1}"#, .object),
      (#"[[],{},"",0,true,false,null]"#, .array), (#"{"a":[{"b":[{}]}]}"#, .object),
      (#""\"\\\/\b\f\n\r\t\u00e9\uABCD""#, .string), (#""\ud83d\ude00""#, .string),
      (#""\ud800""#, .string), (#""\udc00\ud800""#, .string), (#""\u0000""#, .string),
      ("\"\u{7f}\"", .string), ("\"\u{2028}\u{2029}\u{feff}\"", .string),
      ("\"é€😀\u{10ffff}\u{fffe}\"", .string), ("[1\n,2\r\n]", .array),
      ("\"a long string, longer than eight bytes\"", .string),
    ] as [(String, JSONKind)])
  func accepts(text: String, kind: JSONKind) {
    #expect(scanned(text) == .success(kind))
  }

  @Test(
    "Texts that are not JSON are refused, at the byte that is wrong",
    arguments: [
      ("", 0), ("   ", 3), ("[", 1), ("]", 0), ("{", 1), ("[1", 2), ("[1,", 3), ("[1,]", 3),
      ("[,1]", 1), ("[1,,2]", 3), ("[1 2]", 3), ("[1}", 2), ("{]", 1), ("[}", 1),
      ("{\"a\":1]", 6), ("[[1]", 4), ("1]", 1), ("[]]", 2), ("{}}", 2), ("[1]x", 3), ("{}{}", 2),
      ("{\"a\"", 4), ("{\"a\":", 5), ("{\"a\" 1}", 5), ("{\"a\":}", 5), ("{\"a\":1,}", 7),
      ("{,}", 1), ("{a:1}", 1), ("{1:1}", 1), ("{'a':1}", 1), ("{\"a\":1 \"b\":2}", 7),
      ("{\"a\"::1}", 5), ("{\"a\":1,,\"b\":2}", 7), ("{null:1}", 1), ("{\"a\",\"b\"}", 4),
      ("tru", 0), ("True", 0), ("truE", 0), ("truex", 4), ("fals", 0), ("falsy", 0), ("nul", 0),
      ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("nan", 0), ("undefined", 0),
      ("01", 1), ("-01", 2), ("00", 1), ("-", 1), ("+1", 0), ("--1", 1), (".5", 0), ("-.5", 1),
      ("1.", 2), ("1.e1", 2), ("1e", 2), ("1e+", 3), ("1E-", 3), ("1ee1", 2), ("1e1.5", 3),
      ("0x10", 1), ("0e", 2), ("1_000", 1), ("1,000", 1), ("1 000", 2), ("2.e3", 2), ("1a", 1),
      ("-a", 1), ("0.3e", 4), ("1.2.3", 3), ("[1.]", 3), ("9.e+", 2), ("１", 0),
      (#"""#, 1), (#""a"#, 2), (#""\""#, 3), (#""\x""#, 2), (#""\a""#, 2), (#""\'""#, 2),
      (#""\U0041""#, 2), (#""\u""#, 4), (#""\u12""#, 6), (#""\u123""#, 6), (#""\u123g""#, 6),
      (#""\u 123""#, 3), (#""\u+123""#, 3), (#""\"#, 2), ("\"\\\u{e9}\"", 2),
      ("\"\t\"", 1), ("\"a\nb\"", 2), ("\"\r\"", 1), ("\"\u{1f}\"", 1), ("'a'", 0), ("abc", 0),
      ("\u{feff}[]", 0), ("\u{a0}[]", 0), ("[\u{0b}1]", 1), ("[\u{0c}]", 1), ("\u{2060}1", 0),
      ("// c\n1", 0), ("/**/1", 0), ("#1", 0), ("1//", 1), ("[1]#", 3), ("{\"a\":1}/**/", 7),
      ("*", 0), ("<null>", 0), ("\"a\" \"b\"", 4), ("[\"a\"", 4), ("[\"\":1]", 3), ("\\n", 0),
    ] as [(String, Int)])
  func refuses(text: String, offset: Int) {
    #expect(scanned(text) == .failure(.syntax(at: offset)))
  }

  @Test(
    "A NUL byte is refused wherever it stands",
    arguments: [
      ("\0", 0), ("1\0", 1), ("[1\0]", 2), ("[\0]", 1), ("{}\0", 2), ("\"a\0b\"", 2),
      ("\"0123456789\0\"", 11), ("tru\0", 0), ("true\0", 4), ("-\0", 1), ("1.\0", 2),
      ("{\"a\0\":1}", 3), ("{\"a\":1\0}", 6), (" \0", 1),
    ] as [(String, Int)])
  func refusesNUL(text: String, offset: Int) {
    #expect(scanned(text) == .failure(.syntax(at: offset)))
  }

  @Test(
    "UTF-8 is held to RFC 3629",
    arguments: [
      // Stray continuations, leads that are none, and what stands alone.
      [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC2], [0xFE],
      [0xFF], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
      // Overlong forms.
      [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF],
      // Surrogates, past U+10FFFF, and sequences cut short.
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
      [0xE2, 0x82, 0x41], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x41],
      [0xF0, 0x28, 0x8C, 0xBC], [0xF1, 0x80, 0x41, 0x80],
    ] as [[UInt8]])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    for lead in 0...16 {
      let before = Array(repeating: UInt8(ascii: "x"), count: lead)
      #expect(
        scanned([0x22] + before + bytes + [0x22]) == .failure(.invalidUTF8(at: lead + 1)))
      // Cut off by the text's end instead of a quote.
      #expect(scanned([0x22] + before + bytes) == .failure(.invalidUTF8(at: lead + 1)))
    }
  }

  @Test("Every character of every length is accepted at every offset of a word")
  func acceptsUTF8() {
    let characters: [Unicode.Scalar] = [
      "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{fff}", "\u{1000}", "\u{d7ff}", "\u{e000}",
      "\u{ffff}", "\u{10000}", "\u{3ffff}", "\u{40000}", "\u{fffff}", "\u{100000}", "\u{10ffff}",
    ]
    for character in characters {
      for lead in 0...16 {
        let text = "\"" + String(repeating: "x", count: lead) + String(character) + "\""
        #expect(scanned(text) == .success(.string))
      }
    }
  }

  @Test("Any byte at any place of a string is judged as the grammar judges it")
  func judgesEveryByte() {
    // Up to and beyond a word, a block behind it, and another word behind that.
    for length in Array(1...20) + [39, 40, 41, 47, 48, 49, 72, 73, 80] {
      var wrong: [String] = []
      for place in 0..<length {
        for byte in UInt8.min...UInt8.max {
          var text = Array(repeating: UInt8(ascii: "x"), count: length)
          text[place] = byte
          let plain = byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
          let accepted = (try? scanned([0x22] + text + [0x22]).get()) != nil
          if accepted != plain { wrong.append("byte \(byte) at \(place) of \(length)") }
        }
      }
      #expect(wrong == [])
    }
  }

  @Test("Escapes and long characters are met wherever they stand in a long string")
  func meetsUnevenBytes() {
    for before in 0...90 {
      for piece in ["\\n", "\\u00e9", "\u{e9}", "\u{20ac}", "\u{1f600}\\\\", "\\\"\u{e9}\\\""] {
        let start = "\"" + String(repeating: "x", count: before) + piece
        let rest = String(repeating: "y", count: 45)
        #expect(scanned(start + rest + "\"") == .success(.string))
        let fault = (start + rest).utf8.count
        #expect(scanned(start + rest + "\t\"") == .failure(.syntax(at: fault)))
        #expect(scanned(start + rest) == .failure(.syntax(at: fault)))
        #expect(scanned(start + "\\x\"") == .failure(.syntax(at: start.utf8.count + 1)))
      }
    }
  }

  @Test("Numbers of any length are told from what is none, whatever they stand before")
  func judgesNumbers() {
    let suffixes = [
      ("", true), (".5", true), ("e3", true), ("E+10", true), (".25e-1", true), (".", false),
      ("e", false), ("x", false), ("-", false), (":", false), ("/", false), ("\u{0}", false),
      (".e1", false), ("\u{e9}", false), (".1234567", true), (".12345678", true),
      (".123456789", true), (".1234567890123456", true), (".5.5", false), ("..5", false),
      (".5x", false), (".5-", false), (".12345678.", false), (".12345678e", false),
    ]
    for count in 1...18 {
      for first in ["1", "0", "9"] {
        let digits = first + String(repeating: "7", count: count - 1)
        for (suffix, isSuffix) in suffixes {
          let isNumber = isSuffix && (first != "0" || count == 1)
          for number in [digits + suffix, "-" + digits + suffix] {
            for text in [
              "\(number)", "[\(number)]", "{\"a\":\(number)}", " [\(number) , \(number),1]\n",
            ] {
              let accepted = (try? scanned(text).get()) != nil
              #expect(accepted == isNumber, "\(text)")
            }
          }
        }
      }
    }
  }

  @Test(
    "Line breaks are told apart from what is escaped",
    arguments: [
      ("1", false), ("\n1", true), ("1\r", true), (" 1 ", false), ("\t[1,\t2]", false),
      ("\"a\\nb\\r\"", false), ("[1,\n2]", true), ("{\"a\":{\"b\"\r:1}}", true),
      ("{\"a\":\n\"\\n\"}", true), ("[ [ [] ] ]", false), ("[\n]", true),
    ])
  func findsLineBreaks(text: String, expected: Bool) throws {
    let bytes = Array(text.utf8)
    let found = try JSONScanner.validateAndFindLineBreaks(bytes.span.bytes)
    #expect(found == expected)
  }

  @Test(
    "Nesting is accepted up to the limit and refused one past it",
    arguments: [1, 2, 63, 64, 65, 128, 129, 500, 2048])
  func limitsDepth(limit: Int) {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let deep = String(repeating: open, count: limit)
      let inner = open == "[" ? "" : "1"
      let fits = deep + inner + String(repeating: close, count: limit)
      #expect((try? scanned(Array(fits.utf8), depthLimit: limit).get()) != nil)
      #expect(
        scanned(Array(("[" + fits + "]").utf8), depthLimit: limit)
          == .failure(.tooDeep(at: 1 + open.utf8.count * (limit - 1))))
      // The closing marks are checked on the way back, at every level.
      let wrong = fits.dropLast() + (close == "]" ? "}" : "]")
      #expect(
        scanned(Array(wrong.utf8), depthLimit: limit)
          == .failure(.syntax(at: fits.utf8.count - 1)))
    }
  }

  @Test("A hundred thousand brackets are refused at the limit, whatever limit is asked for")
  func refusesAttack() {
    for open in ["[", #"{"":"#] {
      let attack = Array(String(repeating: open, count: 100_000).utf8)
      #expect(scanned(attack) == .failure(.tooDeep(at: 128 * open.utf8.count)))
      #expect(
        scanned(attack, depthLimit: .max)
          == .failure(.tooDeep(at: JSONScanner.greatestDepthLimit * open.utf8.count)))
    }
    #expect(scanned(Array("[]".utf8), depthLimit: 0) == .failure(.tooDeep(at: 0)))
    #expect(scanned(Array("1".utf8), depthLimit: -1) == .success(.number))
  }

  @Test("A text cut off anywhere is refused")
  func refusesTruncation() {
    let text = Array(#"{"a":[1.5e+3,true,null,"x\u00e9\n €😀"],"b":{"c":false}}"#.utf8)
    #expect(scanned(text) == .success(.object))
    for length in 0..<text.count {
      #expect((try? scanned(Array(text[..<length])).get()) == nil, "cut at \(length)")
    }
  }
}
