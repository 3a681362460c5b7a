import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods

/// What a definition may say, and where it is wrong.
@Suite("A flow's definition", .timeLimit(.minutes(1)))
struct FlowTests {
  /// A definition that can't be used.
  struct Fault: Sendable, CustomTestStringConvertible {
    let definition: String
    let pointer: String
    let reason: Reason
    /// What the text of the error has in it.
    let text: String

    init(_ definition: String, _ pointer: String, _ text: String, _ reason: Reason = .invalidParams)
    {
      self.definition = definition
      self.pointer = pointer
      self.reason = reason
      self.text = text
    }

    var testDescription: String { String(definition.prefix(120)) }
  }

  private static func steps(_ count: Int) -> String {
    (0..<count).map { #"{"id":"s\#($0)"}"# }.joined(separator: ",")
  }

  static let faults = [
    Fault("{", "", "no JSON"),
    Fault("[]", "", "must be an object"),
    Fault("{}", "", "steps is missing"),
    Fault(#"{"steps":{}}"#, "/steps", "must be an array"),
    Fault(#"{"steps":[]}"#, "/steps", "at least one step"),
    Fault(#"{"steps":[\#(steps(65))]}"#, "/steps", "at most 64"),
    Fault(#"{"steps":[1]}"#, "/steps/0", "must be an object"),
    Fault(#"{"steps":[{}]}"#, "/steps/0", "id is missing"),
    Fault(#"{"steps":[{"id":1}]}"#, "/steps/0/id", "must be a string"),
    Fault(#"{"steps":[{"id":""}]}"#, "/steps/0/id", "1 to 64"),
    Fault(#"{"steps":[{"id":"a b"}]}"#, "/steps/0/id", "1 to 64"),
    Fault(#"{"steps":[{"id":"ä"}]}"#, "/steps/0/id", "1 to 64"),
    Fault(
      #"{"steps":[{"id":"\#(String(repeating: "a", count: 65))"}]}"#, "/steps/0/id", "64"),
    Fault(#"{"steps":[{"id":"a"},{"id":"\u0061"}]}"#, "/steps/1/id", "another step has that id"),
    Fault(#"{"steps":[{"id":"a","tilte":"A"}]}"#, "/steps/0/tilte", "not known here"),
    Fault(#"{"steps":[{"id":"a"}],"a/b~c":1}"#, "/a~1b~0c", "not known here"),
    Fault(#"{"steps":[{"id":"a"}],"name":"a"}"#, "/name", "not known here"),
    Fault(#"{"steps":[{"id":"a","title":1}]}"#, "/steps/0/title", "must be a string"),
    Fault(#"{"steps":[{"id":"a","id":"b"}]}"#, "/steps/0/id", "comes twice"),
    Fault(
      #"{"steps":[{"id":"a","schema":{"type":"strnig"}}]}"#, "/steps/0/schema/type", "type"),
    Fault(
      #"{"steps":[{"id":"a","schema":{"properties":{"x":{"mimimum":1}}}}]}"#,
      "/steps/0/schema/properties/x/mimimum", "not a keyword"),
    Fault(#"{"steps":[{"id":"a","when":1}]}"#, "/steps/0/when", "an object, true or false"),
    Fault(
      ##"{"steps":[{"id":"a"}],"schema":{"$ref":"#/$defs/b"}}"##, "/schema/$ref",
      "does not lead to a schema"),
    Fault(
      #"{"steps":[{"id":"a","schema":{"pattern":"("}}]}"#, "/steps/0/schema/pattern", "pattern"),
    Fault(
      #"{"steps":[{"id":"a","schema":{"const":{"x":1,"x":2}}}]}"#, "/steps/0/schema/const/x",
      "twice"),
    Fault(
      #"{"steps":[{"id":"a"}],"schema":{"title":"\ud800"}}"#, "/schema/title", "surrogate"),
    Fault(
      #"{"steps":[{"id":"a","schema":{"pattern":"a{15000}"}},{"id":"b","schema":{"pattern":"a{15000}"}}]}"#,
      "/steps/1/schema", "patternStates", .tooLarge),
    Fault(#"{"steps":[{"id":"a","requires":"a"}]}"#, "/steps/0/requires", "must be an array"),
    Fault(#"{"steps":[{"id":"a","requires":["b"]}]}"#, "/steps/0/requires/0", "no step has"),
    Fault(
      #"{"steps":[{"id":"a"},{"id":"b","requires":["a","a"]}]}"#, "/steps/1/requires/1", "twice"),
    Fault(#"{"steps":[{"id":"a","requires":["a"]}]}"#, "/steps/0/requires", "a → a"),
    Fault(
      #"{"steps":[{"id":"a","requires":["c"]},{"id":"b"},{"id":"c"}]}"#, "/steps/1",
      "a → c → b → a"),
    Fault(
      #"{"steps":[{"id":"a"},{"id":"b","requires":["c"]},{"id":"c","requires":["b"]}]}"#,
      "/steps/2/requires", "b → c → b"),
    Fault(#"{"steps":[{"id":"a","dependsOn":["x"]}]}"#, "/steps/0/dependsOn/0", "JSON Pointer"),
    Fault(#"{"steps":[{"id":"a","dependsOn":["/x~2"]}]}"#, "/steps/0/dependsOn/0", "~0"),
    Fault(#"{"steps":[{"id":"a","dependsOn":[1]}]}"#, "/steps/0/dependsOn/0", "must be a string"),
    Fault(#"{"steps":[{"id":"a"}],"idleTtl":0}"#, "/idleTtl", "must be a time", .ttlInvalid),
    Fault(#"{"steps":[{"id":"a"}],"idleTtl":true}"#, "/idleTtl", "must be a time", .ttlInvalid),
    Fault(
      #"{"steps":[{"id":"a"}],"absoluteTtl":"1.5h"}"#, "/absoluteTtl", "must be a time",
      .ttlInvalid),
    Fault(
      #"{"steps":[{"id":"a"}],"absoluteTtl":null}"#, "/absoluteTtl", "must be a time", .ttlInvalid
    ),
    Fault(
      #"{"steps":[{"id":"a"}],"idleTtl":"2h","absoluteTtl":"1h"}"#, "/idleTtl", "no longer than"),
    Fault(#"{"steps":[{"id":"a"}],"idleTtl":"25h"}"#, "/idleTtl", "session.ttl"),
    Fault(#"{"steps":[{"id":"a"}],"bind":"off"}"#, "/bind", "must be an object"),
    Fault(#"{"steps":[{"id":"a"}],"bind":{"ip":"off"}}"#, "/bind/ip", "not known here"),
    Fault(
      #"{"steps":[{"id":"a"}],"bind":{"userAgent":"on"}}"#, "/bind/userAgent",
      "off, warn or require"),
    Fault(#"{"steps":[{"id":"a"}],"sensitive":"/x"}"#, "/sensitive", "must be an array"),
    Fault(#"{"steps":[{"id":"a"}],"sensitive":[""]}"#, "/sensitive/0", "a member of the data"),
    Fault(#"{"steps":[{"id":"a"}],"sensitive":["x"]}"#, "/sensitive/0", "JSON Pointer"),
    Fault(#"{"steps":[{"id":"a"}],"sensitive":[1]}"#, "/sensitive/0", "JSON Pointer"),
    Fault(
      #"{"steps":[{"id":"a"}],"sensitive":[{"mode":"seal"}]}"#, "/sensitive/0", "pointer is missing"
    ),
    Fault(
      #"{"steps":[{"id":"a"}],"sensitive":[{"pointer":"/x","mode":"hide"}]}"#,
      "/sensitive/0/mode", "seal or refuse"),
    Fault(
      #"{"steps":[{"id":"a"}],"sensitive":["/x",{"pointer":"/x"}]}"#, "/sensitive/1", "twice"),
    Fault(
      #"{"steps":[{"id":"a"}],"sensitive":["/x/y","/x"]}"#, "/sensitive/1", "within another"),
    Fault(
      #"{"steps":[{"id":"a","title":"\#(String(repeating: "a", count: 256 << 10))"}]}"#, "",
      "at most 262144 bytes", .tooLarge),
  ]

  @Test("is refused with the place of its fault", arguments: faults)
  func fault(fault: Fault) throws {
    let error = try #require(throws: RPCError.self) { try Flow(fault.definition) }
    #expect(error.reason == fault.reason)
    #expect(error.text("pointer") == fault.pointer)
    #expect(error.message.contains(fault.text), "\(error.message)")
  }

  @Test("has all that it may say")
  func whole() throws {
    let flow = try Flow(
      #"""
      {"steps":[
        {"id":"a","title":"First","schema":{"required":["x"]},"dependsOn":["/y/0","/z~1"]},
        {"id":"b","when":{"required":["b"]}},
        {"id":"c","requires":[]},
        {"id":"d","requires":["c","a"]}],
       "schema":{"required":["end"]},"idleTtl":"30m","absoluteTtl":"2h",
       "bind":{"userAgent":"warn","ipAddress":"require"},
       "sensitive":["/card",{"pointer":"/pin","mode":"refuse"}]}
      """#)
    #expect(flow.steps.map(\.id) == ["a", "b", "c", "d"])
    #expect(flow.steps.map(\.title) == ["First", nil, nil, nil])
    #expect(flow.steps.map(\.requires) == [[], [0], [], [2, 0]])
    #expect(flow.steps[0].dependsOn.map(\.text) == ["/y/0", "/z~1"])
    #expect(flow.steps.map { $0.schema != nil } == [true, false, false, false])
    #expect(flow.steps.map { $0.when != nil } == [false, true, false, false])
    #expect(flow.schema != nil)
    #expect(flow.idleTTL?.milliseconds == 1_800_000)
    #expect(flow.absoluteTTL.milliseconds == 7_200_000)
    #expect(flow.bind.userAgent == .warn && flow.bind.ipAddress == .require)
    #expect(flow.sensitive.map(\.pointer.text) == ["/card", "/pin"])
    #expect(flow.sensitive.map(\.mode) == [.seal, .refuse])
    #expect(flow.index(of: "d") == 3)
    #expect(flow.index(of: "e") == nil)
  }

  @Test("has defaults for what it doesn't say")
  func defaults() throws {
    let flow = try Flow(steps: #"{"id":"a"}"#)
    #expect(flow.absoluteTTL == .day)
    #expect(flow.idleTTL == nil)
    #expect(flow.schema == nil)
    #expect(flow.bind.userAgent == .off && flow.bind.ipAddress == .off)
    #expect(flow.sensitive.isEmpty)
    #expect(!flow.looksIntoData)
  }

  @Test("may have 64 steps")
  func most() throws {
    let flow = try Flow(#"{"steps":[\#(Self.steps(64))]}"#)
    #expect(flow.steps.count == 64)
    #expect(flow.order.dependents[0].indices == Array(1..<64))
  }

  /// Definitions, and whether they are one.
  static let pairs: [(String, String, isSame: Bool)] = [
    (#"{"steps":[{"id":"a"}]}"#, "{ \"steps\" :\n[ {\"id\":\"\\u0061\"} ] }", true),
    (
      #"{"steps":[{"id":"a"}],"idleTtl":1,"absoluteTtl":2}"#,
      #"{"absoluteTtl":2,"steps":[{"id":"a"}],"idleTtl":1}"#, true
    ),
    (
      #"{"steps":[{"id":"a","schema":{"minimum":1,"type":"object"}}]}"#,
      #"{"steps":[{"schema":{"type":"object","minimum":1},"id":"a"}]}"#, true
    ),
    (#"{"steps":[{"id":"a"}]}"#, #"{"steps":[{"id":"b"}]}"#, false),
    (
      #"{"steps":[{"id":"a"},{"id":"b","requires":[]}]}"#,
      #"{"steps":[{"id":"b"},{"id":"a","requires":[]}]}"#, false
    ),
    (
      #"{"steps":[{"id":"a","schema":{"const":"é"}}]}"#,
      #"{"steps":[{"id":"a","schema":{"const":"e\u0301"}}]}"#, false
    ),
    (
      #"{"steps":[{"id":"a","schema":{"enum":[1,2]}}]}"#,
      #"{"steps":[{"id":"a","schema":{"enum":[2,1]}}]}"#, false
    ),
  ]

  @Test("is the same however it is written", arguments: pairs)
  func digest(one: String, other: String, isSame: Bool) throws {
    #expect(try (Flow(one).digest == Flow(other).digest) == isSame)
  }

  @Test("is kept in one line")
  func line() throws {
    let flow = try Flow("\n{\"steps\":\r\n[{\"id\":\"a\"}]\n}\n")
    #expect(String(buffer: flow.definition) == "{\"steps\":  [{\"id\":\"a\"}] }")
  }

  static let names: [(String, isName: Bool)] = [
    ("a", true), ("Project-Wizard_2.1", true), (String(repeating: "a", count: 64), true),
    ("", false), (String(repeating: "a", count: 65), false), ("a b", false), ("a/b", false),
    ("a:b", false), ("{a}", false), ("ä", false), ("a\u{0301}", false),
  ]

  @Test("has a name of letters, digits and three marks", arguments: names)
  func name(name: String, isName: Bool) {
    #expect(
      ((try? Flow(#"{"steps":[{"id":"a"}]}"#, name: name)) != nil) == isName)
  }

  @Test(
    "One that was stored under a longer life goes on under a shorter one, which bounds its idle life"
  )
  func lowered() throws {
    let text = ByteBuffer(string: #"{"steps":[{"id":"a"}],"idleTtl":"20h"}"#)
    let before = try Flow(name: "w", text, defaultTTL: .day)
    let idleMs = before.idleTTL?.milliseconds
    #expect(idleMs == 72_000_000)
    let after = try Flow(name: "w", text, defaultTTL: .hour, isStored: true)
    #expect(after.idleTTL == .hour && after.absoluteTTL == .hour && after.digest == before.digest)
    // What says itself how long a session lives can't have become wrong.
    let odd = ByteBuffer(string: #"{"steps":[{"id":"a"}],"idleTtl":"2h","absoluteTtl":"1h"}"#)
    #expect(throws: RPCError.self) {
      try Flow(name: "w", odd, defaultTTL: .hour, isStored: true)
    }
  }
}
