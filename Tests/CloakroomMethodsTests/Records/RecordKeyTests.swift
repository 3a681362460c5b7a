import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("A call on a record with an idempotency key", .timeLimit(.minutes(1)))
struct RecordKeyTests {
  private let store = ScriptedStore()
  private let place = ScriptedStore.place("k")

  /// What was kept of an earlier call.
  private func kept(_ answer: Result<ByteBuffer, RPCError>) throws -> ByteBuffer {
    try KeptAnswer(answer, RecordVersion(9), sealed: nil).note
  }

  private func kept(_ text: String) throws -> ByteBuffer {
    try kept(.success(ByteBuffer(string: text)))
  }

  @Test("keeps its result in one step with what it does")
  func result() throws {
    store.run("a", .on("s", .add("b")), keepingIn: place)
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    #expect(store.steps == ["keep k commit s over 1: ab"])
    let note = try #require(store.note)
    #expect(String(buffer: note).hasSuffix("=ab"))
    store.answer(.noted(note, .done))
    #expect(store.told == ["a: ab"])
    #expect(store.steps.isEmpty)
    let made = ScriptedStore()
    made.run("a", .on("s", .make("b")), keepingIn: place)
    #expect(made.steps == ["keep k commit s over nothing: b"])
  }

  @Test("keeps a refusal as well, under the version that it was decided on")
  func refusal() throws {
    let cases: [(ByteBuffer?, String)] = [
      (nil, "nothing"), (ScriptedStore.sheet("", version: 1, isOver: true), "1"),
    ]
    for (sheet, version) in cases {
      let store = ScriptedStore()
      store.run("a", .on("s", .add("b")), keepingIn: place)
      store.answer(record: sheet)
      #expect(store.steps == ["keep k commit s over \(version)"])
      // What stands otherwise by now is refused otherwise, or not at all.
      store.answer(stale: ScriptedStore.sheet("x", version: 2))
      #expect(store.steps == ["keep k commit s over 2: xb"])
      store.answer(stale: sheet)
      let note = try #require(store.note)
      store.answer(.noted(note, .done))
      #expect(store.told == [sheet == nil ? "a: NOT_FOUND" : "a: CONFLICT"])
    }
  }

  @Test("is told what was kept of it when it is made again, which is not counted again")
  func again() throws {
    for event in [SheetRecord.Event.add("b"), .make("b"), .end] {
      for sheet in [ScriptedStore.sheet("a", version: 1), nil] {
        let store = ScriptedStore()
        store.run("a", .on("s", event), keepingIn: place)
        if store.steps == ["read s"] { store.answer(record: sheet) }
        #expect(store.steps.first?.hasPrefix("keep k commit s ") == true)
        store.answer(.noted(try kept("first"), .done))
        #expect(store.told == ["a: first again"])
        #expect(store.steps.isEmpty)
      }
    }
    store.run("a", .on("s", .add("b")), keepingIn: place)
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.answer(.noted(try kept(.failure(SheetRecord.ended)), .done))
    #expect(store.told == ["a: CONFLICT again"])
    #expect(store.answers.first?.answer.result.failure == SheetRecord.ended)
  }

  @Test("has noticed nothing when it was made before")
  func noticed() throws {
    let over = ScriptedStore.sheet("a", version: 1, expiresAtMs: ScriptedStore.nowMs)
    store.run("a", .on("s", .add("b")), keepingIn: place)
    store.answer(record: over)
    #expect(store.steps == ["keep k commit s over 1: "])
    store.answer(.noted(try kept("first"), .done))
    #expect(store.notices.isEmpty)
    store.run("b", .on("s", .add("b")), keepingIn: place)
    store.answer(record: over)
    store.answer(.noted(try #require(store.note), .done))
    #expect(store.notices == ["cache s expired"])
    #expect(store.told == ["a: first again", "b: CONFLICT"])
  }

  @Test("looks for what was kept when it is refused for a moment, and keeps nothing of that")
  func passing() throws {
    let replies: [(StoreReply, String)] = [
      (.value(nil), "a: CHECKED_OUT"), (.noted(try kept("first"), .done), "a: first again"),
      (.done, "a: CONFLICT"), (.failure(RPCError(.idempotencyMismatch)), "a: IDEMPOTENCY_MISMATCH"),
      (.failure(RPCError(.unavailable)), "a: UNAVAILABLE"),
    ]
    for (reply, told) in replies {
      let store = ScriptedStore()
      store.run("a", .on("s", .add("b")), keepingIn: place)
      store.answer(record: ScriptedStore.sheet("a", version: 1, isHeld: true))
      #expect(store.steps == ["recall k"])
      store.answer(reply)
      #expect(store.told == [told])
      #expect(store.steps.isEmpty)
    }
  }

  @Test("is decided again when somebody was faster, also when it was sent twice")
  func stale() throws {
    // Had it been done the first time, the place of its answer would have said so.
    for wasResent in [false, true] {
      let store = ScriptedStore()
      store.run("a", .on("s", .add("b")), keepingIn: place)
      store.answer(record: ScriptedStore.sheet("a", version: 1))
      store.answer(stale: ScriptedStore.sheet("z", version: 2), wasResent: wasResent)
      #expect(store.steps == ["keep k commit s over 2: zb"])
      let note = try #require(store.note)
      store.answer(.noted(note, .done))
      #expect(store.told == ["a: zb"])
    }
  }

  @Test("reads anew when an earlier sidecar has written meanwhile")
  func wrongType() {
    store.run("a", .on("s", .add("b")), keepingIn: place)
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.answer(.failure(ScriptedStore.wrongType))
    #expect(store.steps == ["read s"])
    #expect(store.told.isEmpty)
  }

  @Test("is told what the store says of it")
  func failed() {
    let cases: [(StoreReply, String)] = [
      (.failure(RPCError(.idempotencyMismatch)), "a: IDEMPOTENCY_MISMATCH"),
      (.failure(RPCError(.outcomeUnknown)), "a: OUTCOME_UNKNOWN"),
      (.done, "a: CONFLICT"), (.value(nil), "a: INTERNAL"),
    ]
    for (reply, told) in cases {
      // A refusal that may have been kept is no less unknown than a result.
      for sheet in [ScriptedStore.sheet("a", version: 1), nil] {
        let store = ScriptedStore()
        store.run("a", .on("s", .add("b")), keepingIn: place)
        store.answer(record: sheet)
        store.answer(reply)
        #expect(store.told == [told])
        #expect(store.steps.isEmpty)
      }
    }
  }

  @Test("keeps nothing when it only reads")
  func reading() {
    store.run("a", .on("s", .read), keepingIn: place)
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    #expect(store.told == ["a: a"])
    #expect(store.steps.isEmpty)
  }

  @Test("can't leave while its answer may be kept, whatever it comes to")
  func leaving() throws {
    let wait = store.run("a", .on("s", .add("b")), keepingIn: place)
    #expect(store.runner.canEnd(wait))
    store.answer(record: nil)
    #expect(store.steps == ["keep k commit s over nothing"])
    #expect(!store.runner.canEnd(wait))
    store.runner.giveUp(wait, RPCError(.deadlineExceeded))
    #expect(store.told.isEmpty)
    store.answer(.noted(try #require(store.note), .done))
    #expect(store.told == ["a: NOT_FOUND"])
  }

  @Test("keeps a secret sealed, and tells it to a caller who makes the call again")
  func sealed() throws {
    let secret = try #require(try ScriptedStore.secret(place))
    store.run("a", .on("s", .add("b"), secret: secret), keepingIn: place)
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    let note = try #require(store.note)
    #expect(!String(buffer: note).contains("ab"))
    store.answer(.noted(note, .done))
    store.run("b", .on("s", .add("b"), secret: secret), keepingIn: place)
    store.answer(record: ScriptedStore.sheet("ab", version: 2))
    store.answer(.noted(note, .done))
    #expect(store.told == ["a: ab", "b: ab again"])
  }
}
