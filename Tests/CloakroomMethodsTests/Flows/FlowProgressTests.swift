import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods

/// The way through a flow, as the pure value has it: no store, no session.
@Suite("The way through a flow", .timeLimit(.minutes(1)))
struct FlowProgressTests {
  /// A way, with the data that it is on.
  private struct Walk {
    var progress: FlowProgress
    var data: String

    init(_ flow: Flow, _ data: String = "{}") throws {
      progress = try FlowProgress(flow, data: ByteBuffer(string: data))
      self.data = data
    }

    /// Saves a draft.
    @discardableResult
    mutating func save(_ data: String) throws -> [Int] {
      let opened = try progress.dataChanged(
        from: ByteBuffer(string: self.data), to: ByteBuffer(string: data))
      self.data = data
      return opened.indices
    }

    /// Completes steps, by their ids.
    mutating func complete(_ steps: String...) throws {
      for step in steps {
        let index = try #require(progress.flow.index(of: step))
        try progress.complete(index, with: ByteBuffer(string: data))
      }
    }

    /// What completing a step is refused for.
    mutating func refusal(of step: String) throws -> RPCError {
      try #require(throws: RPCError.self) { try complete(step) }
    }

    /// A letter for each step, and one for the whole.
    var text: String { progress.text }
  }

  private static func three() throws -> Flow {
    try Flow(
      steps: #"{"id":"a","schema":{"required":["x"]}}"#,
      #"{"id":"b","schema":{"properties":{"y":{"type":"integer"}},"required":["y"]}}"#,
      #"{"id":"c"}"#)
  }

  // MARK: Statuses

  @Test("Every step is open at the beginning")
  func beginning() throws {
    let walk = try Walk(try Self.three())
    #expect(walk.progress.statuses == [.open, .open, .open])
    #expect(walk.progress.lastReachable == 0)
    #expect(!walk.progress.canSubmit)
  }

  @Test("Data that fit don't complete a step")
  func fitting() throws {
    let walk = try Walk(try Self.three(), #"{"x":1,"y":1}"#)
    #expect(walk.progress.statuses == [.open, .open, .open])
  }

  @Test("A step is complete once it was completed with data that fit")
  func completing() throws {
    var walk = try Walk(try Self.three(), #"{"x":1}"#)
    try walk.complete("a")
    #expect(walk.progress.statuses == [.complete, .open, .open])
    #expect(walk.progress.lastReachable == 1)
    #expect(walk.progress.next(after: 0) == 1)
  }

  @Test("Completing a step with data that don't fit is refused with every violation")
  func violations() throws {
    let flow = try Flow(
      steps: #"{"id":"a","schema":{"properties":{"x":{"minimum":1},"y":{"maxLength":1}}}}"#)
    var walk = try Walk(flow, #"{"x":0,"y":"long"}"#)
    let error = try walk.refusal(of: "a")
    #expect(error.reason == .validationFailed)
    #expect(error.texts("violations", "pointer").sorted() == ["/x", "/y"])
    #expect(
      error.texts("violations", "keyword").sorted() == [
        "/properties/x/minimum", "/properties/y/maxLength",
      ])
    #expect(error.text("recovery") == "fix")
    #expect(!error.message.contains("long"))
    #expect(walk.progress.statuses == [.open])
  }

  @Test(
    "A draft is never refused for what a schema says, and a completed step becomes invalid by it")
  func invalid() throws {
    var walk = try Walk(try Self.three(), #"{"x":1,"y":1}"#)
    try walk.complete("a", "b", "c")
    #expect(try walk.save(#"{"x":1,"y":"no"}"#) == [])
    #expect(walk.progress.statuses == [.complete, .invalid, .complete])
    #expect(!walk.progress.canSubmit)
    #expect(walk.progress.lastReachable == 1)
  }

  @Test("An invalid step is complete again by itself when a draft mends its data")
  func mending() throws {
    var walk = try Walk(try Self.three(), #"{"x":1,"y":1}"#)
    try walk.complete("a", "b", "c")
    try walk.save(#"{"x":1}"#)
    try walk.save(#"{"x":1,"y":2}"#)
    #expect(walk.progress.statuses == [.complete, .complete, .complete])
    #expect(walk.progress.canSubmit)
  }

  @Test("An invalid step is not complete for those that require it")
  func invalidRequirement() throws {
    var walk = try Walk(try Self.three(), #"{"x":1,"y":1}"#)
    try walk.complete("a", "b")
    try walk.save(#"{"y":1}"#)
    #expect(walk.text == "ico+")
    // b requires a, and c requires b, which is complete.
    #expect(!walk.progress.isReachable(1))
    #expect(walk.progress.isReachable(2))
    #expect(walk.progress.lastReachable == 0)
  }

  @Test("Data that can't be looked into change nothing")
  func unreadable() throws {
    var walk = try Walk(try Self.three(), #"{"x":1}"#)
    try walk.complete("a")
    let error = try #require(throws: RPCError.self) { try walk.save(#"{"x":1,"x":2}"#) }
    #expect(error.reason == .validationFailed)
    guard case .list(let violations)? = error.details.first?.value else {
      Issue.record("no violations")
      return
    }
    #expect(violations.first?.first == .text("pointer", "/x"))
    #expect(walk.text == "coo+")
  }

  @Test("Data of a flow that doesn't look into them may be anything")
  func unread() throws {
    var walk = try Walk(try Flow(steps: #"{"id":"a"}"#), #"{"x":1,"x":1e999}"#)
    try walk.complete("a")
    #expect(walk.progress.canSubmit)
  }

  @Test("Data that are larger than a schema is held against are TOO_LARGE")
  func large() throws {
    var walk = try Walk(try Self.three())
    let error = try #require(throws: RPCError.self) {
      try walk.save(#"{"x":"\#(String(repeating: "x", count: 1 << 20))"}"#)
    }
    #expect(error.reason == .tooLarge)
  }

  @Test("All schemas of a flow together cost at most what one may, or it is TOO_LARGE")
  func allowance() throws {
    // Each costs about 600,000 steps on these data: two million are for all of them.
    let when = #"{"properties":{"x":{"items":{"pattern":"(a|b|ab)*c$"}}}}"#
    let data =
      #"{"x":[\#(Array(repeating: #""abababababababac""#, count: 4000).joined(separator: ","))]}"#
    let step = { (id: Int) in #"{"id":"s\#(id)","when":\#(when)}"# }
    #expect(throws: Never.self) { try Walk(try Flow(steps: step(0)), data) }
    let many = try Flow(#"{"steps":[\#((0..<64).map(step).joined(separator: ","))]}"#)
    let error = try #require(throws: RPCError.self) { _ = try Walk(many, data) }
    #expect(error.reason == .tooLarge)
  }

  // MARK: Requirements

  @Test("A step requires the step before where nothing is said, and none where the list is empty")
  func requirements() throws {
    let flow = try Flow(steps: #"{"id":"a"}"#, #"{"id":"b"}"#, #"{"id":"c","requires":[]}"#)
    var walk = try Walk(flow)
    let error = try walk.refusal(of: "b")
    #expect(error.reason == .invalidStep)
    #expect(error.text("lastValidStep") == "a")
    #expect(error.text("recovery") == "goTo")
    #expect(error.text("step") == "a")
    #expect(error.texts("missing", "step") == ["a"])
    try walk.complete("c")
    #expect(walk.text == "ooc+")
  }

  @Test("A step may require one that comes behind it in the flow's order")
  func backward() throws {
    let flow = try Flow(
      steps: #"{"id":"a","requires":["b"]}"#, #"{"id":"b","requires":[]}"#)
    var walk = try Walk(flow)
    #expect(walk.progress.lastReachable == 1)
    #expect(try walk.refusal(of: "a").text("lastValidStep") == "b")
    try walk.complete("b")
    #expect(walk.progress.next(after: 1) == 0)
    try walk.complete("a")
    #expect(walk.progress.canSubmit)
  }

  @Test("A completed step may be completed again, which changes nothing")
  func again() throws {
    var walk = try Walk(try Self.three(), #"{"x":1,"y":1}"#)
    try walk.complete("a", "b", "a")
    #expect(walk.text == "cco+")
    #expect(walk.progress.next(after: 0) == 2)
  }

  // MARK: When a step applies

  private static func branches() throws -> Flow {
    try Flow(
      steps: #"{"id":"kind"}"#,
      #"{"id":"firm","when":{"properties":{"kind":{"const":"firm"}},"required":["kind"]}}"#,
      #"{"id":"vat","requires":["firm"],"when":{"required":["vat"]}}"#,
      #"{"id":"end"}"#)
  }

  @Test("A step applies only where the data fit its condition")
  func condition() throws {
    var walk = try Walk(try Self.branches())
    #expect(walk.progress.statuses == [.open, .notApplicable, .notApplicable, .open])
    try walk.save(#"{"kind":"firm"}"#)
    #expect(walk.progress.statuses == [.open, .open, .notApplicable, .open])
  }

  @Test("A step that doesn't apply can't be completed, nor gone to")
  func notApplicable() throws {
    var walk = try Walk(try Self.branches())
    try walk.complete("kind")
    let error = try walk.refusal(of: "firm")
    #expect(error.reason == .invalidStep)
    #expect(error.text("lastValidStep") == "end")
    #expect(throws: error) { try walk.progress.check(goingTo: 1, from: 3) }
  }

  @Test("A step that doesn't apply counts as done if what it requires itself is done")
  func transparent() throws {
    var walk = try Walk(try Self.branches())
    // end requires vat, which requires firm, which requires kind: two of them don't apply.
    #expect(try walk.refusal(of: "end").texts("missing", "step") == ["vat"])
    #expect(walk.progress.lastReachable == 0)
    try walk.complete("kind")
    #expect(walk.progress.next(after: 0) == 3)
    try walk.complete("end")
    #expect(walk.progress.canSubmit)
    #expect(walk.text == "cnnc+")
  }

  @Test("A step that begins to apply has to be completed before the end")
  func appearing() throws {
    var walk = try Walk(try Self.branches())
    try walk.complete("kind", "end")
    try walk.save(#"{"kind":"firm"}"#)
    #expect(walk.text == "conc+")
    #expect(!walk.progress.canSubmit)
    #expect(walk.progress.lastReachable == 1)
    try walk.complete("firm")
    #expect(walk.progress.canSubmit)
  }

  @Test("A completed step that stops to apply is complete again when it applies again")
  func disappearing() throws {
    var walk = try Walk(try Self.branches(), #"{"kind":"firm"}"#)
    try walk.complete("kind", "firm", "end")
    try walk.save(#"{"kind":"person"}"#)
    #expect(walk.text == "cNnc+")
    #expect(walk.progress.canSubmit)
    try walk.save(#"{"kind":"firm"}"#)
    #expect(walk.text == "ccnc+")
  }

  @Test("Somebody at a step that stops to apply is at the last that can be reached")
  func vanishing() throws {
    var walk = try Walk(try Self.branches(), #"{"kind":"firm"}"#)
    try walk.complete("kind")
    #expect(walk.progress.current(1) == 1)
    try walk.save("{}")
    #expect(walk.progress.current(1) == 3)
  }

  @Test("A flow whose steps don't apply at all is complete")
  func nothingApplies() throws {
    let walk = try Walk(try Flow(steps: #"{"id":"a","when":false}"#))
    #expect(walk.progress.canSubmit)
    #expect(walk.progress.lastReachable == 0)
    #expect(!walk.progress.isReachable(0))
  }

  // MARK: What a step depends on

  private static func dependent() throws -> Flow {
    try Flow(
      steps: #"{"id":"a"}"#, #"{"id":"b","dependsOn":["/kind"]}"#, #"{"id":"c"}"#,
      #"{"id":"d","requires":["a"]}"#, #"{"id":"e","requires":["c"]}"#)
  }

  @Test("A change of what a completed step depends on opens it, and all that require it")
  func opening() throws {
    var walk = try Walk(try Self.dependent(), #"{"kind":1}"#)
    try walk.complete("a", "b", "c", "d", "e")
    #expect(try walk.save(#"{"kind":2}"#) == [1, 2, 4])
    #expect(walk.text == "coo" + "co+")
  }

  @Test("They are not complete again by themselves when the change is taken back")
  func staysOpen() throws {
    var walk = try Walk(try Self.dependent(), #"{"kind":1}"#)
    try walk.complete("a", "b")
    try walk.save(#"{"kind":2}"#)
    try walk.save(#"{"kind":1}"#)
    #expect(walk.text == "coooo+")
  }

  /// Data before and after, and whether the step is opened.
  static let changes: [(String, String, opens: Bool)] = [
    (#"{"kind":1}"#, #"{"kind":1,"other":2}"#, false),
    (#"{"kind":1}"#, #"{"kind":1.0}"#, false),
    (#"{"kind":{"a":1,"b":2}}"#, #"{"kind":{"b":2,"a":1}}"#, false),
    (#"{"kind":"a"}"#, #"{"kind":"\u0061"}"#, false),
    (#"{}"#, #"{"other":1}"#, false),
    (#"{"kind":1}"#, #"{}"#, true),
    (#"{}"#, #"{"kind":null}"#, true),
    (#"{"kind":[1,2]}"#, #"{"kind":[2,1]}"#, true),
    (#"{"kind":{"a":1}}"#, #"{"kind":{"a":2}}"#, true),
    (#"{"kind":"é"}"#, #"{"kind":"e\u0301"}"#, true),
  ]

  @Test("Only another value is a change", arguments: changes)
  func change(before: String, after: String, opens: Bool) throws {
    var walk = try Walk(try Self.dependent(), before)
    try walk.complete("a", "b")
    #expect(try walk.save(after) == (opens ? [1] : []))
  }

  /// Pointers, and whether the step that depends on them is opened.
  static let pointers: [(String, opens: Bool)] = [
    ("", true), ("/list", true), ("/list/1", true), ("/list/1/name", true), ("/list/0", false),
    ("/list/01", false), ("/list/-", false), ("/list/2", false), ("/a~1b", true), ("/a~0b", false),
    ("/nothing", false), ("/list/1/name/x", false),
  ]

  @Test("A pointer leads to a member, an element or the whole", arguments: pointers)
  func pointer(pointer: String, opens: Bool) throws {
    let flow = try Flow(steps: #"{"id":"a","dependsOn":["\#(pointer)"]}"#)
    var walk = try Walk(flow, #"{"list":[{"name":1},{"name":2}],"a/b":1,"a~b":1}"#)
    try walk.complete("a")
    #expect(
      try walk.save(#"{"list":[{"name":1},{"name":3}],"a/b":2,"a~b":1}"#) == (opens ? [0] : []))
  }

  @Test("A step that was completed and doesn't apply is opened as well")
  func openingUnapplied() throws {
    let flow = try Flow(
      steps: #"{"id":"a","dependsOn":["/kind"],"when":{"required":["on"]}}"#, #"{"id":"b"}"#)
    var walk = try Walk(flow, #"{"on":1,"kind":1}"#)
    try walk.complete("a", "b")
    try walk.save(#"{"kind":2}"#)
    #expect(walk.text == "no+")
    try walk.save(#"{"on":1,"kind":2}"#)
    #expect(walk.text == "oo+")
  }

  // MARK: Going to and fro

  @Test("Back is always allowed, forward only to a step whose requirements are complete")
  func going() throws {
    var walk = try Walk(try Self.three(), #"{"x":1}"#)
    try walk.complete("a")
    #expect(throws: Never.self) { try walk.progress.check(goingTo: 0, from: 1) }
    #expect(throws: Never.self) { try walk.progress.check(goingTo: 1, from: 0) }
    #expect(throws: Never.self) { try walk.progress.check(goingTo: 1, from: 1) }
    let error = try #require(throws: RPCError.self) {
      try walk.progress.check(goingTo: 2, from: 1)
    }
    #expect(error.reason == .invalidStep)
    #expect(error.text("lastValidStep") == "b")
    try walk.save("{}")
    // a is invalid by now: back to it, and not forward past it.
    #expect(throws: Never.self) { try walk.progress.check(goingTo: 0, from: 2) }
    #expect(throws: Never.self) { try walk.progress.check(goingTo: 1, from: 2) }
    #expect(throws: RPCError.self) { try walk.progress.check(goingTo: 1, from: 0) }
  }

  @Test("After a step comes the next that can be completed, else the first, else it stays")
  func next() throws {
    let flow = try Flow(
      steps: #"{"id":"a"}"#, #"{"id":"b","requires":[]}"#, #"{"id":"c","requires":["a"]}"#,
      #"{"id":"d","requires":[]}"#)
    var walk = try Walk(flow)
    try walk.complete("b")
    // c requires a, which isn't complete.
    #expect(walk.progress.next(after: 1) == 3)
    try walk.complete("d")
    #expect(walk.progress.next(after: 3) == 0)
    try walk.complete("a")
    #expect(walk.progress.next(after: 0) == 2)
    try walk.complete("c")
    #expect(walk.progress.next(after: 2) == 2)
    #expect(walk.progress.lastReachable == 3)
  }

  // MARK: The end

  private static func ending() throws -> Flow {
    try Flow(
      #"{"steps":[{"id":"a"},{"id":"b"}],"schema":{"required":["x","y"]}}"#)
  }

  @Test("The whole is handed over only when every step that applies is complete")
  func incomplete() throws {
    var walk = try Walk(try Self.ending(), #"{"x":1,"y":1}"#)
    try walk.complete("a")
    let error = try #require(throws: RPCError.self) {
      try walk.progress.checkSubmission(of: ByteBuffer(string: walk.data))
    }
    #expect(error.reason == .invalidStep)
    #expect(error.text("lastValidStep") == "b")
    #expect(error.texts("missing", "step") == ["b"])
  }

  @Test("The whole is checked at the end, with every violation")
  func whole() throws {
    var walk = try Walk(try Self.ending())
    try walk.complete("a", "b")
    #expect(walk.text == "cc-")
    #expect(!walk.progress.canSubmit)
    let error = try #require(throws: RPCError.self) {
      try walk.progress.checkSubmission(of: ByteBuffer(string: walk.data))
    }
    #expect(error.reason == .validationFailed)
    #expect(error.texts("violations", "keyword") == ["/required", "/required"])
    try walk.save(#"{"x":1,"y":1}"#)
    #expect(walk.progress.canSubmit)
    #expect(throws: Never.self) {
      try walk.progress.checkSubmission(of: ByteBuffer(string: walk.data))
    }
  }

  // MARK: As text

  @Test("A way is the same after it was kept as text")
  func text() throws {
    let flow = try Self.branches()
    var walk = try Walk(flow, #"{"kind":"firm"}"#)
    try walk.complete("kind", "firm")
    try walk.save("{}")
    let read = try #require(FlowProgress(flow, text: walk.text))
    #expect(read.text == walk.text)
    #expect(read.statuses == walk.progress.statuses)
    #expect(read.completed == walk.progress.completed)
  }

  @Test("Text of another flow is none", arguments: ["", "oooo", "ooo+", "ooooo+", "oxoo+"])
  func foreignText(text: String) throws {
    #expect(FlowProgress(try Self.branches(), text: text) == nil)
  }
}
