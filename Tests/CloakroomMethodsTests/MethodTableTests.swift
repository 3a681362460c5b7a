import CloakroomCore
import CloakroomWire
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("The method table", .timeLimit(.minutes(1)))
struct MethodTableTests {
  static let table = MethodTable.standard

  static func index(of name: String, hasEscapes: Bool = false) -> Int? {
    let text = ByteBuffer(string: "\"\(name)\"")
    let range = ByteRange(1..<text.readableBytes - 1)
    return table.index(of: range, hasEscapes: hasEscapes, in: text.readableBytesSpan)
  }

  @Test("is sorted by name and has no name twice")
  func sorted() {
    #expect(Self.table.names == Self.table.methods.map(\.name))
    #expect(Self.table.names == Set(Self.table.names).sorted())
    #expect(!Self.table.names.isEmpty)
  }

  @Test("finds each method by its name")
  func found() {
    for (index, name) in Self.table.names.enumerated() {
      #expect(Self.index(of: name) == index, "\(name)")
    }
  }

  @Test("keeps apart almost all names that it looks among")
  func hashes() {
    let hashes = Set(Self.table.methods.map { ShortName($0.staticName).hash })
    #expect(hashes.allSatisfy { (0..<ShortName.hashCount).contains($0) })
    #expect(hashes.count * 4 >= Self.table.methods.count * 3, "\(hashes.count)")
  }

  @Test("finds methods whose names fall together")
  func collisions() {
    let methods = Self.names.map {
      Method(
        $0, "", [], result: "true", effect: .read, example: ("{}", "null"), .system { _ in .ping })
    }
    let table = MethodTable(methods)
    for (index, name) in table.names.enumerated() {
      let text = ByteBuffer(string: name)
      let whole = ByteRange(0..<text.readableBytes)
      #expect(table.index(of: whole, in: text.readableBytesSpan) == index)
    }
  }

  /// Long names that differ only where a short name doesn't look, and others.
  static let names: [StaticString] = [
    "long.one-a-and.more", "long.one-b-and.more", "long.one-c-and.more", "long.one-and.more",
    "kv.aaaa", "kv.abca", "kv.acba", "kv.azza", "kv.ayya", "kw.aaaa", "a", "b", "ab", "abcd",
    "bcde", "kv.touch", "jwt.sign",
  ]

  @Test(
    "finds no method that isn't there",
    arguments: [
      "", "k", "kv", "kv.", "kv.ge", "kv.gett", "kv.get ", " kv.get", "KV.get", "kv.Get", "kv_get",
      "kv.got", "get", ".get", "rpc.discovery", "system.ping\0", "kv\\u002eget",
      String(repeating: "x", count: 100_000),
    ])
  func notFound(name: String) {
    #expect(Self.index(of: name) == nil)
  }

  @Test("finds no method outside of the text")
  func outside() {
    let text = ByteBuffer(string: "kv.get")
    #expect(Self.table.index(of: ByteRange(0..<7), in: text.readableBytesSpan) == nil)
    #expect(Self.table.index(of: ByteRange(8..<14), in: text.readableBytesSpan) == nil)
  }

  @Test(
    "finds a method whose name is written with escapes, and none behind a broken escape",
    arguments: [
      ("kv\\u002eget", "kv.get"), ("\\u006b\\u0076.\\u0067et", "kv.get"), ("kv.get\\ud800", nil),
      ("\\udc00kv.get", nil), ("kv.get\\n", nil), ("kv\\/get", nil), ("\\u0000", nil),
    ] as [(String, String?)])
  func escaped(name: String, expected: String?) {
    let found = Self.index(of: name, hasEscapes: true).map { Self.table.names[$0] }
    #expect(found == expected)
  }

  @Test("has no more parameters in a row than a call can keep, and no name twice among them")
  func parameters() {
    for method in Self.table.methods {
      #expect(method.allParameters.count <= 32)
      let names = method.allParameters.map { "\($0.name)" }
      #expect(Set(names).count == names.count, "\(method.name)")
      #expect(names.suffix(Parameter.common.count) == Parameter.common.map { "\($0.name)" })
      // An array of parameters could not leave out an earlier one.
      let isRequired = method.parameters.map(\.isRequired)
      #expect(isRequired == isRequired.filter { $0 } + isRequired.filter { !$0 }, "\(method.name)")
      #expect(!Parameter.common.contains { $0.isRequired })
    }
  }

  @Test("has examples that satisfy their own rows, and results that are JSON")
  func examples() throws {
    for method in Self.table.methods {
      let refusal = Caller().refusal(method.name, "\(method.example.params)")
      // Whose key an example's token is signed with nobody has.
      #expect(
        refusal == nil || refusal?.reason == .tokenInvalid, "\(method.name): \(refusal as Any)")
      let result = ByteBuffer(staticString: method.example.result)
      #expect(throws: Never.self) { try JSONScanner.validate(result.readableBytesSpan) }
    }
  }

  @Test("has schemas that are JSON, and a sentence for everything")
  func schemas() {
    for method in Self.table.methods {
      #expect(JSONNode(method.resultSchema) != nil, "\(method.name)")
      #expect(method.summary.hasSuffix("."), "\(method.name)")
      for parameter in method.allParameters {
        #expect(JSONNode(parameter.schema) != nil, "\(method.name) \(parameter.name)")
        #expect("\(parameter.summary)".hasSuffix("."), "\(method.name) \(parameter.name)")
      }
    }
  }
}
