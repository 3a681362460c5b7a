import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods
@testable import CloakroomStore

/// What a loop has written last, and what is decided on it.
@Suite("A record that was written lately", .timeLimit(.minutes(1)))
struct RecentRecordsTests {
  private let store = ScriptedStore(recentBytes: 1 << 20)

  /// Has a record written: `a`.
  private func write(expiresAtMs: Int64 = ScriptedStore.nowMs + SheetRecord.lifeMs) {
    store.run("first", .on("s", .add("a")))
    #expect(store.steps == ["read s"])
    store.answer(record: ScriptedStore.sheet("", version: 1, expiresAtMs: expiresAtMs))
    store.answer(.done)
    #expect(store.told == ["first: a"])
  }

  @Test("is changed without a read, over the version that was written")
  func known() throws {
    write()
    store.run("b", .on("s", .add("b")))
    #expect(store.steps == ["commit s over new: ab"])
    let first = try #require(store.commits.first)
    store.answer(.done)
    store.run("c", .on("s", .add("c")))
    #expect(store.steps == ["commit s over new: abc"])
    #expect(store.commits.first?.expects(first.replacement) == true)
    store.answer(.done)
    #expect(store.told == ["first: a", "b: ab", "c: abc"])
  }

  @Test("is known by its name alone")
  func others() {
    write()
    store.run("b", .on("t", .add("b")))
    #expect(store.steps == ["read t"])
  }

  @Test("is decided on as it is now, when another sidecar has changed it or it is gone")
  func changed() {
    for record in [ScriptedStore.sheet("z", version: 7), nil] {
      let store = ScriptedStore(recentBytes: 1 << 20)
      store.run("first", .on("s", .make("a")))
      store.answer(.done)
      store.run("b", .on("s", .add("b")))
      #expect(store.steps == ["commit s over new: ab"])
      store.answer(stale: record)
      if record == nil {
        #expect(store.told == ["first: a", "b: NOT_FOUND"])
        continue
      }
      #expect(store.steps == ["commit s over 7: zb"])
      store.answer(.done)
      #expect(store.told == ["first: a", "b: zb"])
    }
  }

  @Test("is read before anybody is told how it stands, or refused because of it")
  func told() {
    for event in [SheetRecord.Event.read, .end] {
      let store = ScriptedStore(recentBytes: 1 << 20)
      store.run("first", .on("s", .make("a")))
      store.answer(.done)
      store.run("end", .on("s", .end))
      store.answer(.done)
      store.run("b", .on("s", event))
      #expect(store.steps == ["read s"], "\(event)")
      store.answer(record: nil)
      #expect(store.told.last == "b: NOT_FOUND", "\(event)")
    }
  }

  @Test("answers those who only read along with those who change it, by what was committed")
  func together() {
    write()
    store.run("busy", .on("s", .add("b")))
    store.run("c", .on("s", .add("c")))
    store.run("r", .on("s", .read))
    store.answer(.done)
    #expect(store.steps == ["commit s over new: abc"])
    store.answer(.done)
    #expect(store.told == ["first: a", "busy: ab", "c: abc", "r: abc"])
  }

  @Test("is read again when what came of the last commit is not known")
  func unknown() {
    write()
    store.run("b", .on("s", .add("b")))
    store.answer(.failure(RPCError(.outcomeUnknown)))
    store.run("c", .on("s", .add("c")))
    #expect(store.steps == ["read s"])
  }

  @Test("is read by a call whose answer is kept")
  func keyed() {
    write()
    store.run("b", .on("s", .add("b")), keepingIn: ScriptedStore.place("k"))
    #expect(store.steps == ["read s"])
  }

  @Test("is read by a call that may have to be ended before it is written")
  func deadline() {
    write()
    store.runner.run(.on("s", .add("b")), readsFirst: true) { _ in }
    #expect(store.steps == ["read s"])
  }

  @Test("is noticed to be over once, by the commit that says so")
  func over() {
    write(expiresAtMs: ScriptedStore.nowMs + SheetRecord.lifeMs)
    #expect(store.notices.isEmpty)
    store.run("b", .on("s", .add("b")))
    store.answer(stale: ScriptedStore.sheet("a", version: 3, expiresAtMs: ScriptedStore.nowMs))
    store.answer(.done)
    #expect(store.notices.count == 1)
  }

  @Test("takes no more room than there is for all, and makes it where others have been longest")
  func room() {
    var recent = RecentRecords(byteCount: 1000)
    func record(_ number: Int, count: Int = 300) -> ByteBuffer {
      ByteBuffer(repeating: UInt8(number), count: count)
    }
    for number in 0..<100 { recent.keep(record(number), number) }
    // Three fit, and the last 100 bytes are free each time.
    #expect((0..<97).allSatisfy { recent.take($0) == nil })
    #expect((97..<100).allSatisfy { recent.take($0) == record($0) })
    #expect(recent.take(99) == nil)
    recent.keep(record(1, count: 1001), 7)
    #expect(recent.take(7) == nil)
    recent.keep(record(1, count: 1000), 7)
    // The same slot for another name.
    #expect(recent.take(7 + 16_384) == nil)
    #expect(recent.take(7) == record(1, count: 1000))
    recent.keep(record(2), 7)
    recent.keep(record(3, count: 10), 7)
    #expect(recent.take(7) == record(3, count: 10))
    var none = RecentRecords(byteCount: 0)
    none.keep(record(1), 7)
    #expect(none.take(7) == nil)
  }
}
