import Support
import Testing

@testable import CloakroomWire

/// Merge patches against the algorithm that RFC 7396 gives, on values instead of texts.
@Suite("Merge patches against a plain algorithm", .timeLimit(.minutes(1)))
struct MergePatchPropertyTests {
  private indirect enum Value: Equatable {
    case text(String)
    case object([(name: String, value: Value)])

    init(_ node: JSONNode) {
      guard node.kind == .object else {
        self = .text(node.written)
        return
      }
      var members: [(name: String, value: Value)] = []
      for (name, value) in node.members {
        members.removeAll { $0.name == name }
        members.append((name, Value(value)))
      }
      self = .object(members)
    }

    /// RFC 7396, section 2.
    func patched(by patch: Value) -> Value {
      guard case .object(let changes) = patch else { return patch }
      var members: [(name: String, value: Value)] = []
      if case .object(let own) = self { members = own }
      for (name, change) in changes {
        let old = members.first { $0.name == name }?.value ?? .text("null")
        members.removeAll { $0.name == name }
        if change != .text("null") { members.append((name, old.patched(by: change))) }
      }
      return .object(members)
    }

    static func == (one: Value, other: Value) -> Bool {
      switch (one, other) {
      case (.text(let one), .text(let other)): one == other
      case (.object(let one), .object(let other)):
        one.count == other.count
          && one.allSatisfy { member in
            other.contains { $0.name == member.name && $0.value == member.value }
          }
      default: false
      }
    }
  }

  private static func value(_ depth: Int, _ random: inout SplitMix) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &random) {
    case 0: return "null"
    case 1: return "\(Int.random(in: 0...9, using: &random))"
    case 2: return #""}{\"""#
    case 3: return #"[{"a":null},"]"]"#
    default:
      let space = Bool.random(using: &random) ? " " : ""
      // Names that come twice are among them.
      let members = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        let name = ["a", "b", "c", #"\u0061"#, "d"].randomElement(using: &random) ?? "a"
        return "\(space)\"\(name)\"\(space):\(space)\(value(depth - 1, &random))\(space)"
      }
      return "{" + members.joined(separator: ",") + "}"
    }
  }

  @Test("come to the same", arguments: 1...4)
  func agrees(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    for _ in 0..<1_500 {
      let (patch, target) = (Self.value(4, &random), Self.value(4, &random))
      var result: [UInt8] = []
      try MergePatch.apply(
        Array(patch.utf8).span.bytes, to: Array(target.utf8).span.bytes, into: &result)
      let found = Value(try JSONNode(result))
      let expected = Value(try JSONNode(Array(target.utf8)))
        .patched(by: Value(try JSONNode(Array(patch.utf8))))
      #expect(found == expected, "\(patch) onto \(target)")
    }
  }

  @Test("find each of many names")
  func wide() throws {
    func object(_ range: Range<Int>, _ value: String) -> [UInt8] {
      Array(("{" + range.map { "\"n\($0)\":\(value)" }.joined(separator: ",") + "}").utf8)
    }
    var result: [UInt8] = []
    try MergePatch.apply(
      object(500..<1_500, "2").span.bytes, to: object(0..<1_000, "1").span.bytes, into: &result)
    let members = try JSONNode(result).members
    #expect(members.map(\.name) == (0..<1_500).map { "n\($0)" })
    #expect(members.map(\.value.written) == (0..<1_500).map { $0 < 500 ? "1" : "2" })
    var rest: [UInt8] = []
    try MergePatch.apply(
      object(1..<1_500, "null").span.bytes, to: result.span.bytes, into: &rest)
    #expect(String(decoding: rest, as: UTF8.self) == #"{"n0":1}"#)
  }

  @Test("are refused where patch and target have too many members, and only there")
  func tooWide() throws {
    func object(_ count: Int) -> [UInt8] {
      Array(("{" + (0..<count).map { "\"n\($0)\":1" }.joined(separator: ",") + "}").utf8)
    }
    // A member of both costs ten steps, one of the target alone a single one.
    let most = MergePatch.mostSteps / 10
    for (patch, target, isTaken) in [
      (most, most, true), (most + 1, most + 1, false), (1, most * 10 - 9, true),
      (1, most * 10 + 1, false), (most * 2, 0, true), (most * 2 + 1, 0, false),
    ] {
      var result: [UInt8] = []
      do throws(MergePatch.TooManyMembers) {
        try MergePatch.apply(object(patch).span.bytes, to: object(target).span.bytes, into: &result)
        #expect(isTaken, "\(patch) onto \(target)")
      } catch {
        #expect(!isTaken, "\(patch) onto \(target)")
      }
    }
  }
}
