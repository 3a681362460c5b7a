import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods
@testable import CloakroomStore

/// Calls whose decision takes longer than an event loop may: another thread decides.
@Suite("A call on a record that takes long to decide", .timeLimit(.minutes(1)))
struct RecordRunnerOffLoopTests {
  private let store = ScriptedStore()

  init() { store.holdWork() }

  @Test("is decided on another thread, and committed as any other")
  func order() {
    store.run("a", .on("s", .study("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    #expect(store.steps.isEmpty && store.waitingWork == 1)
    store.doWork()
    #expect(store.steps == ["commit s over 1: ab"])
    store.answer(.done)
    #expect(store.told == ["a: ab"])
  }

  @Test("is not tried on the loop where the record is large")
  func large() {
    let text = String(repeating: "x", count: ComputePool.copiedBytes)
    store.run("a", .on("s", .end))
    store.answer(record: ScriptedStore.sheet(text, version: 1))
    #expect(store.steps.isEmpty && store.waitingWork == 1)
    store.doWork()
    #expect(store.steps == ["commit s over 1: "])
    store.answer(.done)
    #expect(store.told == ["a: \(text)"])
  }

  @Test("has those wait that come meanwhile, and they take effect after it")
  func others() {
    store.run("a", .on("s", .study("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.run("b", .on("s", .add("c")))
    store.run("c", .on("s", .study("d")))
    #expect(store.steps.isEmpty)
    store.doWork()
    store.answer(.done)
    #expect(store.told == ["a: ab"])
    let committed = ScriptedStore.sheet("ab", version: 2)
    store.answer(record: committed)
    // One of the two is too much for the loop, so both are decided off it.
    #expect(store.steps.isEmpty && store.waitingWork == 1)
    store.doWork()
    #expect(store.steps == ["commit s over 2: abcd"])
    store.answer(.done)
    #expect(store.told == ["a: ab", "b: abc", "c: abcd"])
  }

  @Test("that nobody waits for any more before it has begun is dropped, and the next has its turn")
  func dropped() {
    let wait = store.run("a", .on("s", .study("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.run("b", .on("s", .add("c")))
    #expect(store.runner.canEnd(wait))
    store.runner.giveUp(wait, RPCError(.deadlineExceeded))
    #expect(store.told == ["a: DEADLINE_EXCEEDED"])
    #expect(store.waitingWork == 0 && store.steps == ["read s"])
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.answer(.done)
    #expect(store.told == ["a: DEADLINE_EXCEEDED", "b: ac"])
  }

  @Test("that nobody waits for any more leaves nothing in what others are decided together with it")
  func givenUp() {
    store.run("z", .on("s", .add("z")))
    store.run("a", .on("s", .study("b")))
    store.answer(record: ScriptedStore.sheet("", version: 1))
    store.answer(.done)
    let wait = store.run("b", .on("s", .add("c")))
    store.answer(record: ScriptedStore.sheet("z", version: 2))
    store.runner.giveUp(wait, RPCError(.cancelled))
    #expect(store.told == ["z: z", "b: CANCELLED"])
    store.doWork()
    #expect(store.steps == ["commit s over 2: zb"])
    store.answer(.done)
    #expect(store.told == ["z: z", "b: CANCELLED", "a: zb"])
  }

  @Test("of one that is decided on with others is decided again without it")
  func givenUpAmongOthers() {
    store.run("z", .on("s", .add("z")))
    let wait = store.run("a", .on("s", .study("b")))
    store.run("b", .on("s", .study("c")))
    store.answer(record: ScriptedStore.sheet("", version: 1))
    store.answer(.done)
    store.answer(record: ScriptedStore.sheet("z", version: 2))
    store.runner.giveUp(wait, RPCError(.cancelled))
    // What was decided for both is not good for one.
    store.doWork()
    #expect(store.steps.isEmpty && store.waitingWork == 1)
    store.doWork()
    #expect(store.steps == ["commit s over 2: zc"])
    store.answer(.done)
    #expect(store.told == ["z: z", "a: CANCELLED", "b: zc"])
  }

  @Test("only to be read is decided beside others, and is dropped when nobody waits for it")
  func reading() {
    store.run("a", .on("s", .ponder))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    #expect(store.waitingWork == 1)
    store.doWork()
    #expect(store.told == ["a: a"])
    let wait = store.run("b", .on("s", .ponder))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.runner.giveUp(wait, RPCError(.cancelled))
    #expect(store.waitingWork == 0)
    #expect(store.told == ["a: a", "b: CANCELLED"])
  }

  @Test("is decided again when somebody was faster")
  func stale() {
    store.run("a", .on("s", .study("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.doWork()
    store.answer(stale: ScriptedStore.sheet("z", version: 2))
    store.doWork()
    #expect(store.steps == ["commit s over 2: zb"])
    store.answer(.done)
    #expect(store.told == ["a: zb"])
  }

  @Test("keeps its answer for a repetition")
  func kept() throws {
    store.run("a", .on("s", .study("b")), keepingIn: ScriptedStore.place("k"))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.doWork()
    #expect(store.steps == ["keep k commit s over 1: ab"])
  }
}
