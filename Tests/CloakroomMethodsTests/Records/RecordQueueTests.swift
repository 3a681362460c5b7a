import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("Calls on one record", .timeLimit(.minutes(1)))
struct RecordQueueTests {
  private let store = ScriptedStore()

  /// Lets one call wait for its commit, so that others gather behind it.
  private func occupy(_ name: String = "s") {
    store.run("first", .on(name, .add("0")))
    store.answer(record: ScriptedStore.sheet("", version: 1))
    #expect(store.steps == ["commit \(name) over 1: 0"])
  }

  // MARK: Groups

  @Test("are decided on one after the other and committed together when they have gathered")
  func grouped() {
    occupy()
    store.run("a", .on("s", .add("a")))
    store.run("b", .on("s", .make("b")))
    store.run("c", .on("s", .read))
    store.run("d", .on("s", .add("d")))
    #expect(store.steps.count == 1)
    store.answer(.done)
    #expect(store.steps == ["read s"])
    store.answer(record: ScriptedStore.sheet("0", version: 2))
    #expect(store.steps == ["commit s over 2: 0ad"])
    #expect(store.told == ["first: 0"])
    store.answer(.done)
    #expect(store.told == ["first: 0", "a: 0a", "b: CONFLICT", "c: 0a", "d: 0ad"])
  }

  @Test("share the fate of their commit")
  func groupFailed() {
    occupy()
    store.run("a", .on("s", .add("a")))
    store.run("b", .on("s", .make("b")))
    store.run("c", .on("s", .read))
    store.answer(.done)
    store.answer(record: ScriptedStore.sheet("0", version: 2))
    store.answer(.failure(RPCError(.outcomeUnknown)))
    // Those that change nothing have done nothing, whatever became of the others.
    #expect(store.told == ["first: 0", "a: OUTCOME_UNKNOWN", "b: UNAVAILABLE", "c: UNAVAILABLE"])
  }

  @Test("are all decided again when another sidecar was faster than their group")
  func groupStale() {
    occupy()
    store.run("a", .on("s", .add("a")))
    store.run("b", .on("s", .add("b")))
    store.answer(.done)
    store.answer(record: ScriptedStore.sheet("0", version: 2))
    store.answer(stale: ScriptedStore.sheet("z", version: 3))
    #expect(store.steps == ["commit s over 3: zab"])
    store.answer(.done)
    #expect(store.told == ["first: 0", "a: za", "b: zab"])
  }

  @Test("are written to a full store only when all that change something end it")
  func groupEnding() {
    occupy()
    store.run("a", .on("s", .end))
    store.run("b", .on("s", .add("b")))
    store.answer(.done)
    store.answer(record: ScriptedStore.sheet("0123456789", version: 2))
    // The second is refused, as the first has ended it.
    #expect(store.commits.first?.isNoLarger == true)
    store.answer(.done)
    #expect(store.told == ["first: 0", "a: 0123456789", "b: CONFLICT"])
  }

  @Test("are committed so many together at most")
  func groupLimit() {
    occupy()
    let count = RecordRunner.groupLimit + 1
    for _ in 0..<count { store.run("more", .on("s", .add("x"))) }
    store.answer(.done)
    store.answer(record: ScriptedStore.sheet("", version: 2))
    let group = String(repeating: "x", count: RecordRunner.groupLimit)
    #expect(store.steps == ["commit s over 2: \(group)"])
    store.answer(.done)
    #expect(store.told.count == count)
    store.answer(record: ScriptedStore.sheet(group, version: 3))
    #expect(store.steps == ["commit s over 3: \(group)x"])
    store.answer(.done)
    #expect(store.told.count == count + 1)
    #expect(store.steps.isEmpty)
  }

  @Test("are not grouped when they have idempotency keys, and keep their order")
  func keyed() {
    occupy()
    store.run("a", .on("s", .add("a")))
    store.run("b", .on("s", .add("b")), keepingIn: ScriptedStore.place("k"))
    store.run("c", .on("s", .add("c")), keepingIn: ScriptedStore.place("l"))
    store.run("d", .on("s", .add("d")))
    store.run("e", .on("s", .add("e")))
    store.answer(.done)
    var seen: [String] = []
    for (version, text) in ["", "a", "ab", "abc"].enumerated() {
      store.answer(record: ScriptedStore.sheet(text, version: UInt64(version + 2)))
      seen += store.steps
      store.answer(store.note.map { .noted($0, .done) } ?? .done)
    }
    #expect(
      seen == [
        "commit s over 2: a", "keep k commit s over 3: ab", "keep l commit s over 4: abc",
        "commit s over 5: abcde",
      ])
    #expect(store.told == ["first: 0", "a: a", "b: ab", "c: abc", "d: abcd", "e: abcde"])
    #expect(store.steps.isEmpty)
  }

  // MARK: Waiting

  @Test("don't wait for calls on other records")
  func others() {
    occupy()
    store.run("other", .on("t", .add("x")))
    #expect(store.steps == ["commit s over 1: 0", "read t"])
  }

  @Test("only wait to read when others are before them")
  func reading() {
    store.run("a", .on("s", .read))
    store.run("b", .on("s", .read))
    store.run("c", .on("s", .add("c")))
    #expect(store.steps == ["read s", "read s", "read s"])
    store.run("d", .on("s", .read))
    #expect(store.steps.count == 3)
    let sheet = ScriptedStore.sheet("1", version: 1)
    for _ in 0..<2 { store.answer(record: sheet) }
    #expect(store.told == ["a: 1", "b: 1"])
    store.answer(record: sheet)
    store.answer(.done)
    #expect(store.steps == ["read s"])
    store.answer(record: ScriptedStore.sheet("1c", version: 2))
    #expect(store.told == ["a: 1", "b: 1", "c: 1c", "d: 1c"])
    #expect(store.steps.isEmpty)
  }

  @Test(
    "read once, also when the store can't be asked", arguments: [Reason.unavailable, .overloaded])
  func readingFailed(reason: Reason) {
    store.run("a", .on("s", .read))
    store.answer(.failure(RPCError(reason)))
    #expect(store.told == ["a: \(reason.name)"])
    #expect(store.steps.isEmpty)
    // A call that knows better than to fail is asked.
    let otherwise: RecordCall.Otherwise = { error throws(RPCError) in
      guard error.reason == .unavailable else { throw error }
      return ByteBuffer(string: "else")
    }
    store.run("b", .on("s", .read, otherwise: otherwise))
    store.answer(.failure(RPCError(reason)))
    #expect(store.told.last == (reason == .unavailable ? "b: else" : "b: \(reason.name)"))
    #expect(store.steps.isEmpty)
  }

  @Test("that only read have done nothing when it is unknown what became of what they noticed")
  func readingUnknown() {
    let over = ScriptedStore.sheet("a", version: 1, expiresAtMs: ScriptedStore.nowMs)
    store.run("a", .on("s", .read))
    store.answer(record: over)
    store.answer(.failure(RPCError(.outcomeUnknown)))
    #expect(store.told == ["a: UNAVAILABLE"])
    #expect(store.notices.isEmpty)
  }

  @Test("that turn out to write go before those that have come since")
  func overtaken() {
    let sheet = ScriptedStore.sheet("a", version: 1)
    store.run("one", .on("s", .seize))
    store.run("two", .on("s", .read))
    store.run("add", .on("s", .add("b")))
    store.run("late", .on("s", .read))
    #expect(store.steps == ["read s", "read s", "read s"])
    store.answer(record: sheet)
    store.answer(record: sheet)
    #expect(store.told == ["two: a"])
    store.answer(record: sheet)
    #expect(store.steps == ["commit s over 1: a"])
    store.answer(.done)
    #expect(store.told == ["two: a", "one: a", "add: CHECKED_OUT"])
    store.answer(record: ScriptedStore.sheet("a", version: 2, isHeld: true))
    #expect(store.told.last == "late: a")
    #expect(store.steps.isEmpty)
  }

  @Test("that turn out to write go before one whose answer is kept, and which is decided on alone")
  func overtakenByKey() {
    let sheet = ScriptedStore.sheet("a", version: 1)
    store.run("one", .on("s", .seize))
    store.run("add", .on("s", .add("b")), keepingIn: ScriptedStore.place("k"))
    store.answer(record: sheet)
    store.answer(record: sheet)
    #expect(store.steps == ["commit s over 1: a"])
    store.answer(.done)
    store.answer(record: ScriptedStore.sheet("a", version: 2, isHeld: true))
    #expect(store.steps == ["recall k"])
    store.answer(.value(nil))
    #expect(store.told == ["one: a", "add: CHECKED_OUT"])
  }

  @Test("that turn out to write come after what was sent before that was known")
  func sentBefore() {
    let store = ScriptedStore(recentBytes: 1 << 20)
    store.run("first", .on("s", .make("a")))
    store.answer(.done)
    store.run("one", .on("s", .seize))
    store.run("add", .on("s", .add("b")))
    store.run("late", .on("s", .add("c")))
    #expect(store.steps == ["read s", "commit s over new: ab"])
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.answer(.done)
    #expect(store.steps == ["commit s over new: ab"])
    store.answer(.done)
    #expect(store.told == ["first: a", "add: ab", "one: ab", "late: CHECKED_OUT"])
  }

  @Test("that begin with what a look has found read it no more")
  func found() {
    let found = StoreReply.record(
      ScriptedStore.sheet("a", version: 1), atMs: ScriptedStore.nowMs)
    var told: [String] = []
    func run(_ event: SheetRecord.Event) {
      store.runner.run(.on("s", event), found: found) { answer in
        told.append((try? answer.result.get()).map { String(buffer: $0) } ?? "failed")
      }
    }
    run(.read)
    #expect(told == ["a"] && store.steps.isEmpty)
    run(.seize)
    #expect(store.steps == ["commit s over 1: a"])
    store.answer(.done)
    #expect(told == ["a", "a"])
  }

  @Test("are so many at most; one more is OVERLOADED, and nothing of it is done")
  func queueLimit() {
    occupy()
    for _ in 0..<RecordRunner.queueLimit { store.run("more", .on("s", .hold)) }
    #expect(store.told.isEmpty)
    store.run("late", .on("s", .hold))
    store.run("reader", .on("s", .read))
    #expect(store.told == ["late: OVERLOADED", "reader: OVERLOADED"])
    #expect(store.answers.allSatisfy { $0.answer.result.failure?.limit == .recordQueue })
    store.run("other", .on("t", .hold))
    #expect(store.steps.count == 2)
  }

  // MARK: Leaving

  @Test("leave before the commit when their time is over, and are not done")
  func leaving() {
    occupy()
    let waits = ["a", "b", "c", "d"].map { store.run($0, .on("s", .add($0))) }
    store.runner.giveUp(waits[0], RPCError(.deadlineExceeded))
    store.answer(.done)
    #expect(store.runner.canEnd(waits[1]))
    // After they were taken up, and before they are decided on.
    store.runner.giveUp(waits[2], RPCError(.deadlineExceeded))
    store.answer(record: ScriptedStore.sheet("0", version: 2))
    #expect(store.steps == ["commit s over 2: 0bd"])
    // It is out: they wait for what becomes of it.
    #expect(!store.runner.canEnd(waits[1]))
    store.runner.giveUp(waits[1], RPCError(.deadlineExceeded))
    store.answer(.done)
    #expect(
      store.told == [
        "a: DEADLINE_EXCEEDED", "first: 0", "c: DEADLINE_EXCEEDED", "b: 0b", "d: 0bd",
      ])
    store.runner.giveUp(waits[1], RPCError(.deadlineExceeded))
    #expect(store.told.count == 5)
    #expect(store.steps.isEmpty)
  }

  @Test("leave nothing behind when all have left")
  func allLeft() {
    let writing = store.run("a", .on("s", .add("a")))
    let reading = store.run("b", .on("t", .read))
    store.runner.giveUp(writing, RPCError(.deadlineExceeded))
    store.runner.giveUp(reading, RPCError(.deadlineExceeded))
    store.answer(record: ScriptedStore.sheet("0", version: 2))
    store.answer(record: ScriptedStore.sheet("0", version: 2))
    #expect(store.told == ["a: DEADLINE_EXCEEDED", "b: DEADLINE_EXCEEDED"])
    #expect(store.steps.isEmpty)
    store.run("c", .on("s", .add("c")))
    #expect(store.steps == ["read s"])
  }

  @Test("can be ended while their commit was not sent, if it is of nobody else")
  func withdrawn() {
    store.holdBack(true)
    let alone = store.run("a", .on("s", .add("a")))
    store.answer(record: ScriptedStore.sheet("", version: 1))
    #expect(store.runner.canEnd(alone))
    store.holdBack(false)
    #expect(!store.runner.canEnd(alone))
    let two = ["b", "c"].map { store.run($0, .on("s", .add($0))) }
    store.answer(.done)
    store.holdBack(true)
    store.answer(record: ScriptedStore.sheet("a", version: 2))
    #expect(!store.runner.canEnd(two[0]) && !store.runner.canEnd(two[1]))
    store.answer(.done)
    #expect(!store.runner.canEnd(two[0]), "it is over")
  }

  // MARK: Taking back

  @Test("can be taken back when they were done or may have been, and only without a key")
  func undo() {
    let call = RecordCall.on("s", .hold, undo: { .on("s", .end) })
    let done = RecordAnswer(.success(ByteBuffer()))
    let unknown = RecordAnswer(.failure(RPCError(.outcomeUnknown)))
    #expect(call.undo(done)?.name == call.name && call.undo(unknown) != nil)
    for reason in [Reason.unavailable, .notFound, .conflict, .overloaded] {
      #expect(call.undo(RecordAnswer(.failure(RPCError(reason)))) == nil)
    }
    #expect(RecordCall.on("s", .hold).undo(done) == nil)
    #expect(store.run("a", call).isTakenBack)
    #expect(!store.run("b", call, keepingIn: ScriptedStore.place("k")).isTakenBack)
    #expect(!store.run("c", .on("s", .hold)).isTakenBack)
  }
}
