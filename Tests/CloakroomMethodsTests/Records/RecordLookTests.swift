import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods
@testable import CloakroomStore

@Suite("A look at a record, whatever its kind", .timeLimit(.minutes(1)))
struct RecordLookTests {
  private static let now = ScriptedStore.nowMs
  private let store = ScriptedStore()

  /// Looks at the record `s`.
  private func look(at record: ByteBuffer?) {
    store.run("look", RecordKinds.look(at: StoreKey(bytes: ByteBuffer(string: "s")), configuration))
    store.answer(record: record)
  }

  private let configuration = Configuration(socket: .init(path: "/none"))

  /// An operation that lives for a second from now on.
  private func operation(
    _ steps: [PendingStep] = [], maxAttempts: Int = 1
  ) throws -> PendingRecord {
    let draft = PendingDraft(
      data: ByteBuffer(string: "1"), life: try TimeToLive(milliseconds: 1000),
      maxAttempts: maxAttempts)
    var record: PendingRecord?
    for step in [.create(draft)] + steps {
      let request = PendingRequest(step, type: "form")
      record = PendingRecord.decide(record, request, at: Self.now).change ?? record
    }
    return try #require(record)
  }

  @Test("tells when to look again, and changes nothing before the time")
  func early() throws {
    look(at: try operation().record(RecordVersion(1)))
    #expect(store.told == ["look: \(Self.now + 1000)"])
    let lease = PendingLease(receipt: "r", life: try TimeToLive(milliseconds: 300))
    look(at: try operation([.checkout(lease)]).record(RecordVersion(1)))
    #expect(store.told.last == "look: \(Self.now + 300)")
    look(at: try operation([.consume]).record(RecordVersion(1)))
    #expect(store.told.last == "look: ")
    #expect(store.steps.isEmpty && store.notices.isEmpty)
  }

  @Test("writes down what has happened by itself, and tells it to the kind's namespace")
  func late() throws {
    let record = try operation().record(RecordVersion(1))
    store.run("look", RecordKinds.look(at: StoreKey(bytes: ByteBuffer(string: "s")), configuration))
    store.answer(record: record, at: Self.now + 1000)
    #expect(store.steps == ["commit s over 1: "])
    #expect(store.told.isEmpty)
    store.answer(.done)
    #expect(store.told == ["look: "])
    #expect(store.notices == ["pending s expired"])
  }

  @Test("finds nothing to do where there is nothing, and fails where there is something else")
  func others() {
    look(at: nil)
    #expect(store.told == ["look: "])
    // A kind that only tests know is none.
    for record in [ScriptedStore.sheet("a", version: 1), ByteBuffer(string: "x"), ByteBuffer()] {
      look(at: record)
      #expect(store.told.last == "look: STORE_REFUSED")
    }
    #expect(store.steps.isEmpty)
  }

  @Test("fails when the store can't be asked")
  func failed() {
    store.run("look", RecordKinds.look(at: StoreKey(bytes: ByteBuffer(string: "s")), configuration))
    store.answer(.failure(RPCError(.unavailable)))
    #expect(store.told == ["look: UNAVAILABLE"])
  }

  @Test("finds a record in its earlier form")
  func earlier() {
    var earlier = EarlierRecord()
    let fields = [
      "type": "form", "state": "open", "data": "1", "created": "5", "until": "\(Self.now)",
      "life": "9",
    ]
    earlier.fields = fields.mapValues { ByteBuffer(string: $0) }
    store.run("look", RecordKinds.look(at: StoreKey(bytes: ByteBuffer(string: "s")), configuration))
    // Read for a look, and then again where it waits in the queue.
    for _ in 0..<2 { store.answer(.failure(ScriptedStore.wrongType)) }
    store.answer(fields: ReadFields.Reply(record: earlier, digest: "d", atMs: Self.now))
    #expect(store.steps == ["commit s over hash d: "])
    store.answer(.done)
    #expect(store.notices == ["pending s expired"])
  }
}
