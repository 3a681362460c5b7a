import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// A session's way through a flow, as the pure function has it.
@Suite("A session's way through its flow", .timeLimit(.minutes(1)))
struct SessionProgressTests {
  /// A letter for each step, as the session's record has them.
  private static func way(_ story: SessionStory) -> String { story.record?.way ?? "" }

  @Test("begins at the first step")
  func beginning() throws {
    let story = SessionStory(try SessionStory.wizard())
    #expect(story.record?.step == "name" && Self.way(story) == "ooo+")
    #expect(story.scene?.progress?.canSubmit == false)
  }

  @Test("takes any draft, whatever the schemas say of it")
  func drafts() throws {
    var story = SessionStory(try SessionStory.wizard(), data: #"{"name":7}"#)
    for patch in [#"{"name":"far too long"}"#, #"{"name":null,"size":-1}"#, #"{"total":100}"#] {
      story.tell(SessionStory.patch(patch))
      #expect(story.refusal == nil, "\(patch)")
    }
    #expect(story.text == #"{"size":-1,"total":100}"#)
  }

  @Test("has a step invalid as long as its data don't fit, and keeps what was typed")
  func invalid() throws {
    var story = try SessionStory.finished()
    #expect(Self.way(story) == "ccc+")
    story.tell(SessionStory.patch(#"{"name":"far too long"}"#))
    #expect(Self.way(story) == "icc+" && story.text?.contains("far too long") == true)
    story.tell(SessionStory.checkout("r"))
    #expect(story.refusal?.reason == .invalidStep)
    story.tell(SessionStory.patch(#"{"name":"short"}"#))
    #expect(Self.way(story) == "ccc+")
  }

  @Test("opens a step again that stands on an earlier answer, and those behind it; nothing is lost")
  func dependsOn() throws {
    var story = try SessionStory.finished()
    story.tell(SessionStory.patch(#"{"kind":"house"}"#))
    #expect(Self.way(story) == "coo+" && story.text?.contains(#""size":4"#) == true)
    story.tell(SessionStory.patch(#"{"kind":"house"}"#))
    #expect(Self.way(story) == "coo+")
    story.tell(SessionStory.complete("size"))
    story.tell(SessionStory.complete("review"))
    story.tell(SessionStory.patch(#"{"other":1}"#))
    #expect(Self.way(story) == "ccc+")
  }

  @Test("completes a step whose turn has come and whose data fit, and nothing else")
  func completion() throws {
    var story = SessionStory(try SessionStory.wizard())
    let before = story.record
    story.tell(SessionStory.complete("size", #"{"size":4}"#))
    #expect(story.refusal?.reason == .invalidStep)
    let details = story.refusal?.details ?? []
    #expect(details.contains(.text("lastValidStep", "name")))
    #expect(details.contains(.text("recovery", "goTo")) && details.contains(.text("step", "name")))
    story.tell(SessionStory.complete("name", #"{"name":"far too long"}"#))
    #expect(story.refusal?.reason == .validationFailed)
    #expect(story.refusal?.details.contains(.text("recovery", "fix")) == true)
    let violations = story.refusal?.details.compactMap { detail -> [[RPCError.Detail]]? in
      if case .list(let list) = detail.value { list } else { nil }
    }
    #expect(violations?.first?.first?.contains(.text("pointer", "/name")) == true)
    // Nothing of either was written.
    #expect(story.record == before)
    story.tell(SessionStory.complete("cellar"))
    #expect(story.refusal?.reason == .invalidStep)
    story.tell(SessionStory.complete("name", #"{"name":"Ann"}"#))
    #expect(story.record?.step == "size" && Self.way(story) == "coo+")
  }

  @Test("goes back always, and forward only where everything before is complete")
  func goTo() throws {
    var story = SessionStory(try SessionStory.wizard())
    story.tell(SessionStory.complete("name", #"{"name":"Ann"}"#))
    story.tell(SessionStory.goTo("review", #"{"draft":1}"#))
    #expect(story.refusal?.reason == .invalidStep && story.record?.step == "size")
    #expect(story.text == #"{"name":"Ann"}"#)
    story.tell(SessionStory.goTo("name", #"{"name":"much too long","size":3}"#))
    #expect(story.record?.step == "name" && Self.way(story) == "ioo+")
    #expect(story.text == #"{"name":"much too long","size":3}"#)
    // What it requires is not complete any more.
    story.tell(SessionStory.goTo("size"))
    #expect(story.refusal?.reason == .invalidStep)
    story.tell(SessionStory.goTo("size", #"{"name":"Ann"}"#))
    #expect(story.refusal == nil && story.record?.step == "size")
  }

  @Test("leaves a step that doesn't apply any more")
  func leaves() throws {
    let flow = try SessionStory.flow(
      #""steps":[{"id":"a"},{"id":"b","when":{"required":["b"]}},{"id":"c"}]"#)
    var story = SessionStory(flow, data: #"{"b":1}"#)
    story.tell(SessionStory.complete("a"))
    #expect(story.record?.step == "b")
    story.tell(SessionStory.patch(#"{"b":null}"#))
    #expect(story.record?.step == "c" && Self.way(story) == "cno+")
    story.tell(SessionStory.complete("b"))
    #expect(story.refusal?.reason == .invalidStep)
  }

  @Test(
    "can be submitted when every step is complete and the whole fits, and says else what is missing"
  )
  func submission() throws {
    var story = SessionStory(try SessionStory.wizard())
    story.tell(SessionStory.complete("name", #"{"name":"Ann"}"#))
    story.tell(SessionStory.checkout("r"))
    #expect(story.refusal?.reason == .invalidStep)
    #expect(
      story.refusal?.details.contains(
        .list("missing", [[.text("step", "size")], [.text("step", "review")]])) == true)
    story = try SessionStory.finished()
    story.tell(SessionStory.patch(#"{"total":10}"#))
    #expect(story.scene?.progress?.canSubmit == false && story.scene?.progress?.missing == [])
    story.tell(SessionStory.checkout("r"))
    #expect(story.refusal?.reason == .validationFailed)
    #expect(story.record?.state == .open)
    story.tell(SessionStory.patch(#"{"total":9}"#))
    story.tell(SessionStory.checkout("r"))
    #expect(story.refusal == nil && story.record?.state == .leased)
  }

  @Test("says which flow it needs where that isn't at hand, and is left as it is")
  func unknownFlow() throws {
    let steps: [SessionStep] = [
      .read(whole: false), SessionStory.patch("{}"), SessionStory.complete("review"),
      SessionStory.goTo("name"), SessionStory.checkout("r"),
    ]
    for step in steps {
      var story = try SessionStory.finished()
      let before = story.record
      story.tell(step, withFlow: false)
      guard case .unknownFlow(let mark) = story.last?.outcome else {
        Issue.record("\(step)")
        continue
      }
      #expect(mark.name == "wizard" && mark.version == 3)
      #expect(story.record == before && story.last?.isPassing == true)
    }
    for step in [SessionStep.touch, .delete] {
      var story = try SessionStory.finished()
      story.tell(step, withFlow: false)
      #expect(story.refusal == nil && story.scene != nil)
    }
  }

  @Test("is not needed: without a flow steps have any names, and nothing is refused")
  func free() throws {
    var story = SessionStory(data: "[1]")
    #expect(
      story.record?.step == nil
        && story.record?.expiresAtMs == SessionStory.made + SessionStory.life)
    story.tell(SessionStory.complete("b"))
    story.tell(SessionStory.complete("a"))
    story.tell(SessionStory.complete("b"))
    #expect(story.record?.completed == ["b", "a"] && story.record?.step == "b")
    story.tell(SessionStory.goTo("anywhere"))
    #expect(story.record?.step == "anywhere")
    for number in 2..<SessionRecord.mostFreeSteps {
      story.tell(SessionStory.complete("s\(number)"))
    }
    #expect(story.refusal == nil)
    story.tell(SessionStory.complete("one too many"))
    #expect(story.refusal?.reason == .tooLarge)
    story.tell(SessionStory.checkout("r"))
    #expect(story.scene?.whole == ByteBuffer(string: "[1]"))
  }

  // MARK: Conditions

  @Test("is changed only over what was seen, where that is asked for")
  func ifMatch() throws {
    var story = SessionStory(data: #"{"a":1}"#)
    let etag = try #require(story.record?.content.etag)
    story.tell(SessionStory.patch(#"{"a":2}"#, ifMatch: etag))
    #expect(story.refusal == nil)
    story.tell(SessionStory.patch(#"{"a":3}"#, ifMatch: etag))
    #expect(story.refusal?.reason == .conflict && story.text == #"{"a":2}"#)
  }

  @Test("is changed only over data that fit a schema, where that is asked for")
  func onlyIf() throws {
    let condition = try DataCondition(
      ByteBuffer(string: #"{"properties":{"status":{"enum":["draft"]}}}"#), .whole)
    var story = SessionStory(data: #"{"status":"draft"}"#)
    for expected in [nil, Reason.conflict] {
      story.tell(
        .update(
          SessionChange(
            content: .patch(ByteBuffer(string: #"{"status":"sent"}"#)), etag: nil,
            condition: condition, touches: true, longest: .max)))
      #expect(story.refusal?.reason == expected)
    }
    #expect(story.refusal?.details.first?.name == "violations")
  }

  // MARK: Binding

  @Test("is held against where it was made from, as its flow says")
  func binding() throws {
    let own = SessionMetadata(userAgent: "A", ipAddress: "10.0.0.1")
    let expected: [(rule: String, SessionMetadata, refused: Bool, warned: [FlowBinding.Member])] = [
      ("off", SessionMetadata(userAgent: "B"), false, []),
      ("warn", own, false, []), ("warn", .none, false, []),
      ("warn", SessionMetadata(userAgent: "B", ipAddress: "10.0.0.1"), false, [.userAgent]),
      (
        "warn", SessionMetadata(userAgent: "B", ipAddress: "10.0.0.2"), false,
        [.userAgent, .ipAddress]
      ),
      ("require", own, false, []), ("require", .none, true, []),
      ("require", SessionMetadata(userAgent: "A", ipAddress: "10.0.0.2"), true, []),
    ]
    for (rule, visitor, refused, warned) in expected {
      let flow = try SessionStory.flow(
        #""steps":[{"id":"a"}],"bind":{"userAgent":"\#(rule)","ipAddress":"\#(rule)"}"#)
      for step in [SessionStep.read(whole: false), .touch, SessionStory.complete("a"), .delete] {
        var story = SessionStory(flow, metadata: own)
        story.tell(step, by: visitor)
        #expect((story.refusal?.reason == .forbidden) == refused, "\(rule) \(visitor)")
        #expect(story.scene?.warnings ?? [] == warned, "\(rule) \(visitor)")
      }
      // An operator's step, and one by ref, is nobody's.
      var story = SessionStory(flow, metadata: own)
      story.tell(.delete, by: nil)
      #expect(story.refusal == nil)
    }
  }

  @Test("isn't begun without what it is to be bound to")
  func boundToNothing() throws {
    let flow = try SessionStory.flow(
      #""steps":[{"id":"a"}],"bind":{"ipAddress":"require","userAgent":"warn"}"#)
    #expect(SessionStory(flow).refusal?.reason == .invalidParams)
    let story = SessionStory(flow, metadata: SessionMetadata(ipAddress: "::1"))
    #expect(story.refusal == nil && story.record?.binding.text == "wr")
  }
}
