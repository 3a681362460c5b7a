import CloakroomCore
import CloakroomSchema
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// What a flow calls sensitive.
@Suite("Sensitive members of a session", .timeLimit(.minutes(1)))
struct SessionSecretsTests {
  private static func flow() throws -> Flow {
    try SessionStory.flow(
      #"""
      "steps":[{"id":"pay","schema":{"required":["card"],"properties":{"card":{"properties":{"number":{"type":"string"}},"required":["number"]}}}}],
      "sensitive":["/card/number",{"pointer":"/card/cvc","mode":"refuse"}]
      """#)
  }

  @Test("are stored sealed, never shown, looked into all the same, and given back at checkout")
  func sealed() throws {
    var story = SessionStory(try Self.flow())
    story.tell(SessionStory.complete("pay", #"{"card":{"number":"4111"},"a":1}"#))
    #expect(story.refusal == nil && story.record?.way == "c+")
    let record = try #require(story.record)
    #expect(story.text == #"{"card":{},"a":1}"#)
    let stored = String(buffer: record.record(RecordVersion(1)))
    #expect(!stored.contains("4111") && stored.contains("1114"), "\(stored)")
    #expect(try SessionRecord(reading: record.record(RecordVersion(1))) == record)
    #expect(story.tell(.read(whole: false))?.whole == nil)
    story.tell(SessionStory.checkout("r"))
    #expect(
      story.scene?.whole.map { String(buffer: $0) } == #"{"card":{"number":"4111"},"a":1}"#)
  }

  @Test("are sealed anew only when they change, and are part of the etag")
  func etags() throws {
    var story = SessionStory(try Self.flow())
    story.tell(SessionStory.patch(#"{"card":{"number":"1"}}"#))
    let first = try #require(story.record?.content)
    story.tell(SessionStory.patch(#"{"a":1}"#))
    story.tell(SessionStory.patch(#"{"a":null}"#))
    #expect(story.record?.content == first)
    story.tell(SessionStory.patch(#"{"card":{"number":"2"}}"#))
    #expect(story.record?.content.visible == first.visible)
    #expect(story.record?.content.etag != first.etag)
    story.tell(SessionStory.patch(#"{"card":{"number":null}}"#))
    #expect(story.record?.content.sealed == nil)
  }

  @Test("are refused where the flow doesn't take them, with their place, and nothing is written")
  func refused() throws {
    var story = SessionStory(try Self.flow())
    let before = story.record
    let steps = [
      SessionStory.patch(#"{"card":{"cvc":"123"}}"#),
      SessionStory.complete("pay", #"{"card":{"number":"1","cvc":"123"}}"#),
      SessionStory.goTo("pay", #"{"card":{"cvc":"123"}}"#),
    ]
    for step in steps {
      story.tell(step)
      #expect(story.refusal?.reason == .validationFailed)
      guard case .list(let list)? = story.refusal?.details.first?.value else {
        Issue.record("no violations")
        continue
      }
      #expect(list.first?.contains(.text("pointer", "/card/cvc")) == true)
      #expect("\(story.refusal.map { "\($0)" } ?? "")".contains("123") == false)
    }
    #expect(story.record == before)
    #expect(SessionStory(try Self.flow(), data: #"{"card":{"cvc":1}}"#).refusal != nil)
  }

  @Test("are not taken without a key to seal them by, and cost nobody else anything")
  func noKey() throws {
    let flow = try Self.flow()
    for (data, isRefused) in [(#"{"card":{"number":"1"}}"#, true), (#"{"card":{}}"#, false)] {
      let request = SessionRequest(.create(SessionStory.draft(flow, data)), flows: { _ in flow })
      let transition = SessionRecord.decide(nil, request, at: SessionStory.made)
      if case .refused(let error) = transition.outcome {
        #expect(isRefused && error.reason == .unavailable && error.message.contains("--keys"))
      } else {
        #expect(!isRefused)
      }
    }
  }

  @Test("go with a session that gets another id, sealed for that one")
  func rotation() throws {
    var story = SessionStory(try Self.flow())
    let whole = #"{"card":{"number":"4111"}}"#
    story.tell(SessionStory.patch(whole))
    let record = try #require(story.record)
    let other = SessionSeal { _ in
      ByteBuffer(string: "other")
    } open: {
      $0
    }
    for flow in [story.flow, nil] {
      let request = SessionRequest(
        .succeed(
          SessionOrigin(ref: "old", record: record), whole: ByteBuffer(string: whole),
          principal: nil),
        flows: { _ in flow }, seal: other)
      let transition = SessionRecord.decide(nil, request, at: SessionStory.made)
      if flow == nil {
        guard case .unknownFlow = transition.outcome else {
          Issue.record("\(transition.outcome)")
          continue
        }
      } else {
        #expect(transition.change?.content.sealed == ByteBuffer(string: "other"))
      }
    }
  }
}

/// Members that are taken out of texts and put back.
@Suite("Hidden members", .timeLimit(.minutes(1)))
struct HiddenMembersTests {
  private static func members(_ pointers: [String]) -> HiddenMembers {
    HiddenMembers(pointers.compactMap { JSONPointer($0) })
  }

  private static let cases: [(pointers: [String], text: String, visible: String, hidden: String?)] =
    [
      (["/a"], #"{"a":1,"b":2}"#, #"{"b":2}"#, #"{"a":1}"#),
      (["/a"], #"{"b":[1.10, 9007199254740993]}"#, #"{"b":[1.10, 9007199254740993]}"#, nil),
      (
        ["/a/b", "/a/c"], #"{"a":{"x":0,"b":{"n":null},"c":""}}"#, #"{"a":{"x":0}}"#,
        #"{"a":{"b":{"n":null},"c":""}}"#
      ),
      (["/a/b"], #"{"a":[{"b":1}]}"#, #"{"a":[{"b":1}]}"#, nil),
      (["/a/b"], #"{"a":5}"#, #"{"a":5}"#, nil),
      (["/a/1"], #"{"a":[1,2,3]}"#, #"{"a":[1,null,3]}"#, #"{"a":{"1":2}}"#),
      (
        ["/a/0/b"], #"{"a":[{"b":1,"c":2},{"b":3}]}"#, #"{"a":[{"c":2},{"b":3}]}"#,
        #"{"a":{"0":{"b":1}}}"#
      ),
      (["/a~1b/c~0"], #"{"a/b":{"c~":1}}"#, #"{"a/b":{}}"#, #"{"a/b":{"c~":1}}"#),
      (["/é"], #"{"\u00e9":1,"e":2}"#, #"{"e":2}"#, #"{"é":1}"#),
      (["/a"], "7", "7", nil),
      (["/a"], "{}", "{}", nil),
    ]

  @Test("are taken out and put back", arguments: cases)
  func split(pointers: [String], text: String, visible: String, hidden: String?) {
    let members = Self.members(pointers)
    let parts = members.split(ByteBuffer(string: text))
    #expect(String(buffer: parts.visible) == visible)
    #expect(parts.hidden.map { String(buffer: $0) } == hidden)
    let joined = members.join(parts.visible, parts.hidden)
    // Members come last where they are put back; taken out again, they are the same.
    let again = members.split(joined)
    #expect(again.visible == parts.visible && again.hidden == parts.hidden)
    if hidden == nil { #expect(String(buffer: joined) == text) }
  }

  @Test("come back where they were")
  func join() {
    let members = Self.members(["/a/b", "/list/1"])
    let text = #"{"x":1,"a":{"y":2,"b":[1,{"z":null}]},"list":[0,"s",2]}"#
    let parts = members.split(ByteBuffer(string: text))
    #expect(String(buffer: members.join(parts.visible, parts.hidden)) == text)
  }

  @Test("are found by the first place that has something")
  func places() {
    #expect(Self.members(["/a/b"]).firstPlace(in: ByteBuffer(string: #"{"a":{"b":0}}"#)) == "/a/b")
    #expect(Self.members(["/a/b"]).firstPlace(in: ByteBuffer(string: #"{"a":{"c":0}}"#)) == nil)
    #expect(Self.members(["/x~1y"]).firstPlace(in: ByteBuffer(string: #" {"x/y":0}"#)) == "/x~1y")
    #expect(Self.members([]).isEmpty)
  }
}
