import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// A session's record, and what events make of it: no store, and times are numbers.
struct SessionStory {
  static let kept = PendingRetention(tombstoneMs: 1000, receiptMs: 2000, deadMs: 3000)
  static let made: Int64 = 1_000_000
  /// How long it is given to live at most.
  static let life: Int64 = 10_000
  /// How long it lives without being touched, where its flow says so.
  static let idle: Int64 = 2000
  static let lease: Int64 = 500

  var record: SessionRecord?
  var last: Transition<SessionRecord>?
  let flow: Flow?
  /// What the last step was refused with.
  var refusal: RPCError? {
    guard case .refused(let error) = last?.outcome else { return nil }
    return error
  }
  /// What the last step has left.
  var scene: SessionScene? {
    guard case .session(let scene) = last?.outcome else { return nil }
    return scene
  }
  /// The data that everybody may see.
  var text: String? { record.map { String(buffer: $0.content.visible) } }

  /// A session of a flow, or of none.
  init(
    _ flow: Flow? = nil, data: String = "{}", maxAttempts: Int = 2,
    metadata: SessionMetadata = .none
  ) {
    self.flow = flow
    tell(.create(Self.draft(flow, data, maxAttempts, metadata)), at: Self.made)
  }

  /// Nothing.
  static let nothing = SessionStory(none: ())
  private init(none: ()) { flow = nil }

  static func draft(
    _ flow: Flow?, _ data: String = "{}", _ maxAttempts: Int = 2,
    _ metadata: SessionMetadata = .none
  ) -> SessionDraft {
    SessionDraft(
      flow: flow.map { ($0, mark(of: $0)) }, data: ByteBuffer(string: data), metadata: metadata,
      principal: "user_1", life: ttl(life), maxAttempts: maxAttempts)
  }

  static func mark(of flow: Flow) -> FlowMark {
    FlowMark(name: flow.name, version: 3, digest: flow.digest, depth: 0)
  }

  static func ttl(_ milliseconds: Int64) -> TimeToLive {
    (try? TimeToLive(milliseconds: milliseconds)) ?? .longest
  }

  /// Seals by turning a text around, so that a test sees what was sealed.
  static let seal = SessionSeal { text in
    ByteBuffer(bytes: [UInt8(ascii: "~")] + text.readableBytesView.reversed())
  } open: { line in
    ByteBuffer(bytes: line.readableBytesView.dropFirst().reversed())
  }

  /// Lets something happen.
  @discardableResult
  mutating func tell(
    _ step: SessionStep, at now: Int64 = made + 10, by visitor: SessionMetadata? = .some(.none),
    withFlow: Bool = true, origin: SessionRecord.Origin? = nil,
    held: Int64 = RecordHeader.mostNumber / 2
  ) -> SessionScene? {
    let flow = withFlow ? flow : nil
    var request = SessionRequest(
      step, of: StoreKey(bytes: ByteBuffer(string: "c:s:session:new")), by: visitor,
      flows: { $0.digest == flow?.digest ? flow : nil }, seal: Self.seal, retention: Self.kept)
    request.origin = origin
    request.heldUntilMs = held
    let transition = SessionRecord.decide(record, request, at: now)
    record = transition.change ?? record
    last = transition
    return scene
  }

  // MARK: Steps

  static func patch(
    _ patch: String, ifMatch etag: String? = nil, touches: Bool = true
  ) -> SessionStep {
    .update(
      SessionChange(
        content: .patch(ByteBuffer(string: patch)), etag: etag, condition: nil, touches: touches,
        longest: .max))
  }

  static func complete(_ step: String, _ patch: String? = nil) -> SessionStep {
    .complete(step: step, patch: patch.map { ByteBuffer(string: $0) }, longest: .max)
  }

  static func succeed(_ other: SessionRecord, principal: String? = nil) -> SessionStep {
    .succeed(
      SessionOrigin(ref: "old", record: other), whole: other.content.visible, principal: principal)
  }

  static func retire(
    _ record: SessionRecord, successor: String = "new", beforeMs: Int64 = .max
  ) -> SessionStep { .retire(record, successor: successor, beforeMs: beforeMs) }

  static func goTo(_ step: String, _ patch: String? = nil) -> SessionStep {
    .goTo(step: step, patch: patch.map { ByteBuffer(string: $0) }, longest: .max)
  }

  static func checkout(_ receipt: String) -> SessionStep {
    .checkout(PendingLease(receipt: receipt, life: ttl(lease)))
  }

  static func commit(_ receipt: String, _ result: String = "7") -> SessionStep {
    .commit(receipt: receipt, result: ByteBuffer(string: result))
  }

  // MARK: Flows

  /// A flow of a definition.
  static func flow(_ members: String) throws -> Flow {
    try Flow(
      name: "wizard", ByteBuffer(string: "{\(members)}"), defaultTTL: SessionStory.ttl(life))
  }

  /// Three steps: the first wants a name, the second a number, which stands on the name's kind, the third
  /// nothing.
  static func wizard() throws -> Flow {
    try flow(
      #"""
      "idleTtl":"2000ms","steps":[
        {"id":"name","schema":{"properties":{"name":{"type":"string","maxLength":5}},"required":["name"]}},
        {"id":"size","dependsOn":["/kind"],"schema":{"properties":{"size":{"exclusiveMinimum":0}},"required":["size"]}},
        {"id":"review"}],
      "schema":{"properties":{"total":{"maximum":9}}}
      """#)
  }

  /// A wizard that can be submitted.
  static func finished(maxAttempts: Int = 2) throws -> SessionStory {
    var story = SessionStory(try wizard(), maxAttempts: maxAttempts)
    story.tell(complete("name", #"{"name":"Ann"}"#))
    story.tell(complete("size", #"{"size":4}"#))
    story.tell(complete("review"))
    return story
  }
}
