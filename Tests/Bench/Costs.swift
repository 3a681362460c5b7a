import CloakroomSchema
import CloakroomWire
import Glibc

/// Prints what work that clients can ask for costs.
@main
enum Costs {
  static func main() {
    let wanted = CommandLine.arguments.dropFirst().first ?? ""
    print("operation", "bytes", "ms", "exponent", "steps", "outcome", separator: "\t")
    for line in schemas + compilations + texts where line.name.contains(wanted) {
      // The largest is legal: what is longer than a limit is refused at once.
      var before: (bytes: Int, ms: Double)?
      for count in line.counts {
        let (bytes, ms, rest) = line.measure(count)
        print(
          "\(line.name) × \(count)", bytes, text(ms), exponent(bytes, ms, since: before), rest,
          separator: "\t")
        before = (bytes, ms)
      }
    }
  }

  /// To which power of the size the time has grown; nothing where either is too short to tell.
  private static func exponent(
    _ bytes: Int, _ ms: Double, since before: (bytes: Int, ms: Double)?
  ) -> String {
    guard let before, before.ms > 0.05, ms > 0.05, bytes > before.bytes else { return "-" }
    return text(log(ms / before.ms) / log(Double(bytes) / Double(before.bytes)))
  }

  /// One operation, at several sizes.
  struct Line {
    let name: String
    let counts: [Int]
    let measure: (Int) -> (bytes: Int, ms: Double, rest: String)

    /// What is done with a text.
    init(
      _ name: String, _ counts: [Int],
      _ prepare: @escaping (Int) -> (bytes: Int, () -> (Int?, String))
    ) {
      self.name = name
      self.counts = counts
      measure = { count in
        let (bytes, work) = prepare(count)
        var best = Double.infinity
        var result: (Int?, String) = (nil, "")
        for _ in 0..<3 {
          let start = Costs.milliseconds
          result = work()
          best = min(best, Costs.milliseconds - start)
        }
        let steps = result.0.map(String.init) ?? "-"
        return (bytes, best, "\(steps)\t\(result.1)")
      }
    }

    /// A value that is held against a schema: read, and told what is wrong.
    init(
      _ name: String, _ counts: [Int], _ schema: @escaping (Int) -> String,
      _ value: @escaping (Int) -> String
    ) {
      self.init(name, counts) { count in
        let text = Array(value(count).utf8)
        let definition = Array(schema(count).utf8)
        return (
          text.count,
          {
            do {
              let schema = try JSONSchema(definition.span.bytes)
              var allowance = SchemaAllowance()
              let before = allowance.steps
              do {
                let start = Costs.milliseconds
                let instance = try JSONInstance(text.span.bytes)
                let read = Costs.milliseconds - start
                let violations = try schema.validate(instance, &allowance)
                return (
                  before - allowance.steps,
                  "\(violations.isEmpty ? "valid" : "\(violations.count) violations"), \(Costs.text(read)) to read"
                )
              } catch {
                return (before - allowance.steps, "\(error)")
              }
            } catch {
              return (nil, "the schema: \(error)")
            }
          }
        )
      }
    }
  }

  /// The processor time of this thread.
  static var milliseconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  /// A number with two digits behind the point.
  static func text(_ number: Double) -> String {
    let sign = number < 0 ? "-" : ""
    let hundredths = Int((abs(number) * 100).rounded())
    return "\(sign)\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  private static func list(_ count: Int, _ element: (Int) -> String) -> String {
    "[" + (0..<count).map(element).joined(separator: ",") + "]"
  }

  private static func object(_ count: Int, _ member: (Int) -> String) -> String {
    "{" + (0..<count).map(member).joined(separator: ",") + "}"
  }

  private static func member(_ index: Int) -> String {
    "\"" + String(index, radix: 36) + "\":1"
  }

  private static func text(_ count: Int, _ piece: String) -> String {
    "\"" + String(repeating: piece, count: count) + "\""
  }

  /// A tree of references, each of which leads twice to the next.
  private static func tree(_ levels: Int, _ leaf: String) -> String {
    let links = (0..<levels).map {
      ##""\##($0)":{"allOf":[{"$ref":"#/$defs/\##($0 + 1)"},{"$ref":"#/$defs/\##($0 + 1)"}]}"##
    }
    return
      ##"{"$ref":"#/$defs/0","$defs":{\##(links.joined(separator: ",")),"\##(levels)":\##(leaf)}}"##
  }

  /// The same without a part that comes twice: each subschema is written out.
  private static func wide(_ count: Int, _ part: (Int) -> String) -> String {
    #"{"allOf":\#(list(count, part))}"#
  }

  // MARK: Values held against schemas

  private static var schemas: [Line] {
    [
      Line("true, small objects", [3_500, 35_000, 349_000], { _ in "true" }) {
        list($0) { _ in "{}" }
      },
      Line("true, members", [1_000, 10_000, 110_000], { _ in "true" }) { object($0, member) },
      Line("true, one object each", [1_500, 15_000, 149_000], { _ in "true" }) {
        list($0) { _ in #"{"a":1}"# }
      },
      Line("true, numbers", [5_000, 50_000, 520_000], { _ in "true" }) { list($0) { _ in "1" } },
      Line("true, escapes", [1_700, 17_000, 170_000], { _ in "true" }) { text($0, #"\u00e9"#) },
      Line(
        "tree of 18 levels, a long name", [10_000, 100_000, 1_048_000],
        { _ in
          tree(18, #"{"properties":{"a":true,"b":true}}"#)
        }
      ) { #"{"\#(String(repeating: "n", count: $0))":1}"# },
      Line(
        "tree of 100 levels, unevaluated", [1_000, 10_000, 110_000],
        { _ in
          tree(100, #"{"properties":{"a":true},"unevaluatedProperties":{"type":"number"}}"#)
        }
      ) { object($0, member) },
      Line(
        "uniqueItems, whole numbers", [1_400, 14_000, 140_000], { _ in #"{"uniqueItems":true}"# }
      ) {
        list($0) { "\($0)" }
      },
      Line("uniqueItems, fractions", [1_000, 10_000, 120_000], { _ in #"{"uniqueItems":true}"# }) {
        list($0) { "\($0).5" }
      },
      Line("uniqueItems, exponents", [1_000, 10_000, 100_000], { _ in #"{"uniqueItems":true}"# }) {
        list($0) { "\($0)e4" }
      },
      Line("uniqueItems, arrays", [1_000, 10_000, 100_000], { _ in #"{"uniqueItems":true}"# }) {
        list($0) { "[\($0)]" }
      },
      Line("uniqueItems, strings", [1_000, 10_000, 100_000], { _ in #"{"uniqueItems":true}"# }) {
        list($0) { "\"\($0)\"" }
      },
      Line(
        "enum of fractions", [1_000, 10_000, 120_000], { _ in #"{"items":{"enum":[1.5,2.5,"a"]}}"# }
      ) {
        list($0) { "\($0 % 2 + 1).5" }
      },
      Line(
        "minimum of fractions", [1_000, 10_000, 120_000], { _ in #"{"items":{"minimum":0.5}}"# }
      ) {
        list($0) { "\($0 + 1).5" }
      },
      Line(
        "multipleOf of fractions", [1_000, 10_000, 120_000],
        { _ in #"{"items":{"multipleOf":0.01}}"# }
      ) {
        list($0) { "\($0 + 1).5" }
      },
      Line("minimum of long numbers", [100, 1_000, 10_000], { _ in #"{"items":{"minimum":0.5}}"# })
      {
        list($0) { _ in String(repeating: "7", count: 100) }
      },
      Line(
        "multipleOf, long", [1_000, 10_000, 100_000],
        { _ in
          #"{"multipleOf":\#(String(repeating: "9", count: 2_000))}"#
        }
      ) { String(repeating: "123456789", count: $0 / 9) },
      Line("items of a type", [5_000, 50_000, 520_000], { _ in #"{"items":{"type":"integer"}}"# }) {
        list($0) { _ in "1" }
      },
      Line(
        "records", [100, 1_000, 9_000],
        { _ in
          #"{"items":{"type":"object","required":["id","name","mail"],"properties":{"id":{"type":"integer","minimum":1},"name":{"type":"string","maxLength":100},"mail":{"type":"string","pattern":"^[^@ ]+@[^@ ]+$"},"tags":{"items":{"enum":["a","b"]}}},"additionalProperties":false}}"#
        }
      ) {
        list($0) {
          #"{"id":\#($0 + 1),"name":"Somebody \#($0)","mail":"somebody\#($0)@example.com","tags":["a","b"]}"#
        }
      },
      Line(
        "100 patternProperties", [800, 8_000, 80_000],
        { _ in
          "{\"patternProperties\":" + object(100) { #""^\#($0)":{"type":"number"}"# } + "}"
        }
      ) { object($0, member) },
      Line(
        "100 patternProperties, inside", [800, 8_000, 80_000],
        { _ in
          "{\"patternProperties\":" + object(100) { #""\#($0)[a-z]":{"type":"number"}"# } + "}"
        }
      ) { object($0, member) },
      Line(
        "unevaluatedProperties", [800, 8_000, 80_000],
        { _ in
          #"{"allOf":[{"patternProperties":{"^a":true}}],"unevaluatedProperties":{"type":"number"}}"#
        }
      ) { object($0, member) },
      Line(
        "unevaluatedProperties in 300 parts", [800, 8_000, 80_000],
        { _ in
          #"{"allOf":\#(list(300) { _ in #"{"unevaluatedProperties":true}"# }),"unevaluatedProperties":false}"#
        }
      ) { object($0, member) },
      Line(
        "properties in 100 parts", [800, 8_000, 80_000],
        { _ in
          wide(100) { #"{"properties":{"\#($0)":{"type":"number"}}}"# }
        }
      ) { object($0, member) },
      Line(
        "propertyNames", [800, 8_000, 80_000],
        { _ in #"{"propertyNames":{"pattern":"^[a-z0-9]+$"}}"# }
      ) {
        object($0, member)
      },
      Line(
        "required, 20,000", [1, 10, 100],
        { _ in
          #"{"items":{"required":\#(list(20_000) { "\"\($0)\"" })}}"#
        }
      ) { list($0) { _ in object(1_000) { "\"\($0)\":1" } } },
      Line(
        "10,000 subschemas of a type", [1, 10, 100],
        { _ in
          #"{"items":\#(wide(9_900) { _ in #"{"type":"null"}"# })}"#
        }
      ) { list($0) { _ in "null" } },
      Line(
        "10,000 subschemas of a length", [1_000, 10_000, 100_000],
        { _ in
          wide(9_900) { _ in #"{"minLength":1}"# }
        }
      ) { text($0, "a") },
      Line(
        "format uri", [10_000, 100_000, 1_000_000],
        { _ in #"{"allOf":[{"format":"uri"},{"format":"uri-reference"}]}"# }
      ) {
        "\"a:" + String(repeating: ";", count: $0) + "\""
      },
      Line("format duration", [10_000, 100_000, 1_000_000], { _ in #"{"format":"duration"}"# }) {
        text($0, "1Y")
      },
      Line(
        "pattern, one step back", [10_000, 100_000, 1_000_000], { _ in #"{"pattern":"^(a|aa)+$"}"# }
      ) {
        "\"b" + String(repeating: "a", count: $0) + "\""
      },
      Line(
        "pattern, nested lookahead", [2_000, 20_000, 200_000],
        { _ in
          #"{"pattern":"^(?:(?!(?=a*c)a*b)a)*$"}"#
        }
      ) { text($0, "a") },
      Line(
        "pattern, other letters", [3_000, 30_000, 300_000], { _ in #"{"pattern":"^\\p{L}+$"}"# }
      ) { text($0, "漢") },
      Line("pattern, all letters", [200, 2_000, 20_000], { _ in #"{"pattern":"^\\p{L}+$"}"# }) {
        count in
        "\""
          + String(String.UnicodeScalarView((0..<count).compactMap { Unicode.Scalar(0x4E00 + $0) }))
          + "\""
      },
      Line(
        "pattern of 8,000 states", [100, 1_000, 10_000],
        { _ in #"{"pattern":"[ab]{4000}[^c]{3999}x"}"# }
      ) {
        text($0, "ab")
      },
      Line(
        "pattern that learns", [1_000, 10_000, 100_000],
        { _ in
          #"{"pattern":"^a[ab]{30}b(?:[ab]*a[ab]{200}c)?(?:a|b)*[ab]{12}b$"}"#
        }
      ) { count in
        var state: UInt64 = 88172645463325252
        return "\""
          + String(
            (0..<count).map { _ in
              state ^= state << 13
              state ^= state >> 7
              state ^= state << 17
              return state & 1 == 0 ? "a" : "b"
            }) + "\""
      },
      Line(
        "pattern, reversed blow-up", [1_000, 10_000, 100_000],
        { _ in #"{"pattern":"^[ab]{400}a"}"# }
      ) { count in
        var state: UInt64 = 88172645463325252
        return "\""
          + String(
            (0..<count).map { _ in
              state ^= state << 13
              state ^= state >> 7
              state ^= state << 17
              return state & 1 == 0 ? "a" : "b"
            }) + "\""
      },
      Line(
        "1,000 patterns, each once", [10, 100, 1_000],
        { count in
          wide(count) { #"{"pattern":"^[a-z]{1,9}\#($0)"}"# }
        }
      ) { _ in "\"abcdefghij123\"" },
      Line(
        "contains", [5_000, 50_000, 500_000], { _ in #"{"contains":{"const":7},"minContains":2}"# }
      ) {
        list($0) { _ in "1" }
      },
      Line(
        "anyOf of 100", [100, 1_000, 10_000],
        { _ in
          #"{"items":{"anyOf":\#(list(100) { #"{"const":"\#($0)"}"# })}}"#
        }
      ) { list($0) { "\"\($0 % 100)\"" } },
      Line(
        "shared items", [1_000, 10_000, 100_000],
        { _ in
          ##"{"items":{"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]},"$defs":{"a":{"type":"number"}}}"##
        }
      ) { list($0) { _ in "1" } },
      Line(
        "violations in a long list", [5_000, 50_000, 500_000],
        { _ in #"{"items":{"type":"null"}}"# }
      ) {
        list($0) { _ in "1" }
      },
      Line("violations at its end", [5_000, 50_000, 300_000], { _ in #"{"items":{"maximum":1}}"# })
      {
        "[" + String(repeating: "1,", count: $0) + list(40) { _ in "2" } + "]"
      },
    ]
  }

  // MARK: Schemas

  private static var compilations: [Line] {
    [
      compiling("900 empty subschemas", [9, 90, 900]) { #"{"allOf":\#(list($0) { _ in "{}" })}"# },
      compiling("subschemas", [99, 990, 9_900]) {
        wide($0) { #"{"type":"object","title":"\#($0)"}"# }
      },
      compiling("references", [50, 500, 5_000]) { count in
        ##"{"prefixItems":\##(list(count) { _ in ##"{"$ref":"#/prefixItems/\##(count)"}"## }.dropLast()),true]}"##
      },
      compiling("references in a long base", [40, 400, 4_000]) { count in
        let base = String(repeating: "a/", count: 60)
        return
          ##"{"$id":"x:/\##(base)","allOf":\##(list(count) { _ in ##"{"$ref":"b#c"}"## }),"$defs":{"b":{"$id":"b","$anchor":"c"}}}"##
      },
      compiling("enum", [800, 8_000, 80_000]) { #"{"enum":\#(list($0) { _ in "1" })}"# },
      compiling("required", [250, 2_500, 25_000]) { #"{"required":\#(list($0) { "\"\($0)\"" })}"# },
      compiling("pattern of sets", [99, 999, 9_990]) { #"{"pattern":"(?:[ab]c){\#($0)}"}"# },
      compiling("pattern of many sets", [50, 500, 5_000]) { count in
        let sets = (0..<count).map {
          "[\\\\u{\(String(0x4E00 + $0, radix: 16))}-\\\\u{9fff}a-\($0 % 2 == 0 ? "z" : "y")]"
        }
        return #"{"pattern":"\#(sets.joined())"}"#
      },
      compiling("patternProperties", [30, 300, 3_000]) { count in
        "{\"patternProperties\":" + object(count) { #""^[a-c]\#($0)":true"# } + "}"
      },
      compiling("nested groups", [1, 10, 100]) {
        #"{"pattern":"\#(String(repeating: "(a|b(?=c)", count: $0))\#(String(repeating: ")*", count: $0))"}"#
      },
    ]
  }

  private static func compiling(
    _ name: String, _ counts: [Int], _ schema: @escaping (Int) -> String
  ) -> Line {
    Line("compile, " + name, counts) { count in
      let text = Array(schema(count).utf8)
      return (
        text.count,
        {
          do {
            return (nil, "\(try JSONSchema(text.span.bytes).memoryBytes) bytes of memory")
          } catch {
            return (nil, "\(error)")
          }
        }
      )
    }
  }

  // MARK: Patches and canonical forms

  private static var texts: [Line] {
    [
      patching("one member of a wide object", [3_000, 30_000, 300_000], { _ in #"{"a":2}"# }) {
        object($0, member)
      },
      patching(
        "one member, far in", [3_000, 30_000, 300_000],
        { _ in
          String(repeating: #"{"x":"#, count: 100) + "1" + String(repeating: "}", count: 100)
        }
      ) {
        String(repeating: #"{"x":"#, count: 99) + object($0, member)
          + String(repeating: "}", count: 99)
      },
      patching(
        "wide onto wide", [1_000, 10_000, 100_000],
        { object($0) { "\"" + String($0, radix: 36) + "\":2" } }
      ) {
        object($0, member)
      },
      patching(
        "wide, of null", [1_000, 10_000, 100_000],
        { object($0) { "\"" + String($0, radix: 36) + "\":null" } }
      ) {
        object($0, member)
      },
      patching("one member that comes again", [2_000, 20_000, 199_000], { _ in #"{"a":2,"b":3}"# })
      {
        object($0) { $0 % 2 == 0 ? #""a":1"# : #""b":1"# }
      },
      patching("one member, with white space", [2_000, 20_000, 200_000], { _ in #"{"a":2}"# }) {
        object($0) { " \"" + String($0, radix: 36) + "\" : 1" }
      },
      patching(
        "too wide onto too wide", [300_000],
        { object($0) { "\"" + String($0, radix: 36) + "\":2" } }
      ) {
        object($0, member)
      },
      patching("small objects", [2_000, 20_000, 199_000], { _ in #"{"b":{"x":1}}"# }) {
        #"{"a":\#(list($0) { _ in #"{"x":1}"# }),"b":{}}"#
      },
      Line("ambiguity, numbers", [5_000, 50_000, 499_000]) { checking(list($0) { _ in "1" }) },
      Line("ambiguity, too many", [1_300_000]) { checking(list($0) { _ in "{}" }) },
      Line("scanning, numbers", [20_000, 200_000, 2_000_000]) { scanning(list($0) { _ in "1" }) },
      Line("scanning, small objects", [10_000, 100_000, 1_300_000]) {
        scanning(list($0) { _ in "{}" })
      },
      Line("scanning, one string", [40_000, 400_000, 4_000_000]) { scanning(text($0, "a")) },
      Line("scanning, escapes", [6_000, 60_000, 650_000]) { scanning(text($0, #"\u00e9"#)) },
      Line("scanning, nested lists", [300, 3_000, 16_000]) { count in
        scanning(
          list(count) { _ in String(repeating: "[", count: 120) + String(repeating: "]", count: 120)
          })
      },
      Line("batch, of small calls", [10, 100, 1_000]) { count in
        let batch = list(count) { #"{"jsonrpc":"2.0","id":\#($0),"method":"system.ping"}"# }
        let text = Array(batch.utf8)
        return (
          text.count,
          {
            var scanner = BatchScanner()
            do {
              try scanner.scan(text.span.bytes)
              return (nil, "\(scanner.count) members")
            } catch {
              return (nil, "\(error)")
            }
          }
        )
      },
      Line("ambiguity, members", [2_000, 20_000, 240_000]) { checking(object($0, member)) },
      Line("ambiguity, small objects under a long name", [3_000, 30_000, 300_000]) {
        checking(#"{"\#(String(repeating: "n", count: $0))":\#(list($0) { _ in "{}" })}"#)
      },
      Line("ambiguity, nested", [10, 100, 127]) {
        checking(
          String(repeating: #"{"x":"#, count: $0) + list(20_000) { _ in "{}" }
            + String(repeating: "}", count: $0))
      },
      canonical("whole numbers", [100, 1_000, 10_000]) { list($0) { "\($0)" } },
      canonical("fractions", [100, 1_000, 12_000]) { list($0) { "\($0 % 100).25" } },
      canonical("long fractions", [30, 300, 3_000]) { list($0) { "0.1234567890123\($0)" } },
      canonical("exponents", [100, 1_000, 12_000]) { list($0) { "\($0 % 10)e20" } },
      canonical("members", [80, 800, 8_000]) { object($0, member) },
      canonical("long names", [1, 10, 60]) {
        object($0) { "\"\(String(repeating: "n", count: 1_000))\($0)\":1" }
      },
    ]
  }

  private static func patching(
    _ name: String, _ counts: [Int], _ patch: @escaping (Int) -> String,
    _ target: @escaping (Int) -> String
  ) -> Line {
    Line("patch, " + name, counts) { count in
      let (patch, target) = (Array(patch(count).utf8), Array(target(count).utf8))
      return (
        target.count,
        {
          var result: [UInt8] = []
          result.reserveCapacity(patch.count + target.count)
          do throws(MergePatch.TooManyMembers) {
            try MergePatch.apply(patch.span.bytes, to: target.span.bytes, into: &result)
            return (nil, "\(result.count) bytes")
          } catch {
            return (nil, "too many members")
          }
        }
      )
    }
  }

  private static func scanning(_ text: String) -> (bytes: Int, () -> (Int?, String)) {
    let text = Array(text.utf8)
    return (
      text.count,
      {
        do {
          return (nil, "\(try JSONScanner.validate(text.span.bytes, depthLimit: 128))")
        } catch {
          return (nil, "\(error)")
        }
      }
    )
  }

  private static func checking(_ text: String) -> (bytes: Int, () -> (Int?, String)) {
    let text = Array(text.utf8)
    return (
      text.count,
      {
        do throws(AmbiguousJSON) {
          try AmbiguousJSON.check(text.span.bytes)
          return (nil, "clear")
        } catch {
          return (nil, "\(error.fault)")
        }
      }
    )
  }

  private static func canonical(
    _ name: String, _ counts: [Int], _ value: @escaping (Int) -> String
  ) -> Line {
    Line("canonical, " + name, counts) { count in
      let text = Array(value(count).utf8)
      return (
        text.count,
        {
          do {
            return (nil, "\(try CanonicalJSON.text(of: text).count) bytes")
          } catch {
            return (nil, "\(error)")
          }
        }
      )
    }
  }
}
