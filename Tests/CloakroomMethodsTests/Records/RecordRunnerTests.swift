import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods
@testable import CloakroomStore

/// One call at a time; `RecordQueueTests` has many, and `RecordKeyTests` those with idempotency keys.
@Suite("A call on a record", .timeLimit(.minutes(1)))
struct RecordRunnerTests {
  private let store = ScriptedStore()

  // MARK: Read, decide, commit

  @Test("reads, decides and commits, and is answered after that")
  func order() {
    store.run("a", .on("s", .add("b")))
    #expect(store.steps == ["read s"])
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    #expect(store.steps == ["commit s over 1: ab"])
    #expect(store.told.isEmpty)
    store.answer(.done)
    #expect(store.told == ["a: ab"])
    #expect(store.answers.first?.answer.tally != nil)
    #expect(store.steps.isEmpty)
  }

  @Test("goes without a read where there is mostly nothing yet")
  func making() {
    store.run("a", .on("s", .make("a")))
    #expect(store.steps == ["commit s over nothing: a"])
    store.answer(stale: ScriptedStore.sheet("z", version: 1))
    #expect(store.told == ["a: CONFLICT"])
    store.run("b", .on("s", .make("b")))
    store.answer(.done)
    #expect(store.told == ["a: CONFLICT", "b: b"])
  }

  @Test("changes nothing where it is refused, and tells why")
  func refused() {
    store.run("a", .on("s", .add("b")))
    store.answer(record: nil)
    #expect(store.told == ["a: NOT_FOUND"])
    #expect(store.steps.isEmpty)
    #expect(store.answers.first?.answer.tally == nil)
  }

  @Test("decides again on what is there when somebody was faster, and reads nothing for that")
  func stale() {
    store.run("a", .on("s", .add("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.answer(stale: ScriptedStore.sheet("z", version: 2))
    #expect(store.steps == ["commit s over 2: zb"])
    store.answer(stale: nil)
    #expect(store.told == ["a: NOT_FOUND"])
    #expect(store.steps.isEmpty)
  }

  @Test("gives way after a few tries, and is OVERLOADED after many; each time another was done")
  func tries() {
    store.run("a", .on("s", .add("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 0))
    var commits = 0
    var pauses = 0
    for version in 1...3000 as ClosedRange<UInt64> {
      guard store.told.isEmpty else { break }
      let sheet = ScriptedStore.sheet("a", version: version)
      if store.steps == ["read s"] {
        store.answer(record: sheet)
      } else if store.pass() {
        pauses += 1
      } else {
        commits += 1
        store.answer(stale: sheet)
      }
    }
    #expect(store.told == ["a: OVERLOADED"])
    #expect(store.answers.first?.answer.result.failure?.limit == .recordQueue)
    #expect(commits == RecordRunner.mostTries)
    #expect(pauses == commits - 4)
    // The next one has all its tries again.
    store.run("b", .on("s", .add("b")))
    store.answer(record: ScriptedStore.sheet("a", version: 1))
    store.answer(.done)
    #expect(store.told.last == "b: ab")
  }

  // MARK: Answers that were lost

  @Test("has succeeded when it is sent again and meets itself")
  func meetsItself() throws {
    for event in [SheetRecord.Event.add("b"), .make("b")] {
      let store = ScriptedStore()
      store.run("a", .on("s", event))
      if store.commits.isEmpty { store.answer(record: ScriptedStore.sheet("a", version: 1)) }
      let written = try #require(store.commits.first?.replacement)
      store.answer(stale: written, wasResent: true)
      #expect(store.told.count == 1 && store.told.first?.hasSuffix("b") == true)
      #expect(store.steps.isEmpty)
    }
  }

  @Test("is OUTCOME_UNKNOWN, and not decided again, when it is sent again and meets another's")
  func meetsAnother() {
    let others: [ByteBuffer?] = [
      ScriptedStore.sheet("z", version: 2), nil, ByteBuffer(string: "no record"),
    ]
    for event in [SheetRecord.Event.add("b"), .end, .make("b")] {
      for other in others {
        let store = ScriptedStore()
        store.run("a", .on("s", event))
        if store.commits.isEmpty { store.answer(record: ScriptedStore.sheet("a", version: 1)) }
        store.answer(stale: other, wasResent: true)
        #expect(store.told == ["a: OUTCOME_UNKNOWN"])
        #expect(store.steps.isEmpty)
      }
    }
  }

  @Test("is tried again when it is sent again and meets what it has read: it was not done")
  func meetsWhatItHasRead() {
    let sheet = ScriptedStore.sheet("a", version: 1)
    store.run("a", .on("s", .add("b")))
    store.answer(record: sheet)
    store.answer(stale: sheet, wasResent: true)
    #expect(store.steps == ["commit s over 1: ab"])
    store.answer(.done)
    #expect(store.told == ["a: ab"])
  }

  @Test("is told what the store says when that can't be asked, and whether it may have been done")
  func failed() {
    let reasons: [(Reason, commit: Reason)] = [
      (.unavailable, .unavailable), (.outcomeUnknown, .outcomeUnknown),
      (.storeRefused, .storeRefused),
    ]
    for (reason, commit) in reasons {
      let store = ScriptedStore()
      store.run("a", .on("s", .add("b")))
      store.answer(record: ScriptedStore.sheet("a", version: 1))
      store.answer(.failure(RPCError(reason)))
      #expect(store.told == ["a: \(commit.name)"])
      #expect(store.steps.isEmpty)
    }
    // What has not come to its commit has done nothing.
    store.run("a", .on("s", .add("b")))
    store.answer(.failure(RPCError(.outcomeUnknown)))
    #expect(store.told == ["a: UNAVAILABLE"])
  }

  // MARK: What is no record

  @Test("reads a hash by its fields, and writes it anew over exactly that")
  func adopted() {
    store.run("a", .on("s", .add("b")))
    store.answer(.failure(ScriptedStore.wrongType))
    #expect(store.steps == ["fields s"])
    var earlier = EarlierRecord()
    earlier.fields["text"] = ByteBuffer(string: "old")
    earlier.keptUntilMs = ScriptedStore.nowMs + 5000
    store.answer(fields: ReadFields.Reply(record: earlier, digest: "d", atMs: ScriptedStore.nowMs))
    #expect(store.steps == ["commit s over hash d: oldb"])
    #expect(store.commits.first?.remindAtMs != nil)
    // An earlier sidecar has changed it.
    store.answer(.failure(ScriptedStore.wrongType))
    #expect(store.steps == ["read s"])
    store.answer(.failure(ScriptedStore.wrongType))
    // Another has written it anew since.
    store.answer(fields: ReadFields.Reply(isText: true, atMs: ScriptedStore.nowMs))
    #expect(store.steps == ["read s"])
    store.answer(record: ScriptedStore.sheet("x", version: 1))
    store.answer(.done)
    #expect(store.told == ["a: xb"])
  }

  @Test("takes a hash that is gone for nothing, and one that is no record for none of its own")
  func notAdopted() {
    store.run("a", .on("s", .add("b")))
    store.answer(.failure(ScriptedStore.wrongType))
    store.answer(fields: ReadFields.Reply(atMs: ScriptedStore.nowMs))
    #expect(store.told == ["a: NOT_FOUND"])
    store.run("b", .on("s", .add("b")))
    store.answer(.failure(ScriptedStore.wrongType))
    var foreign = EarlierRecord()
    foreign.fields["name"] = ByteBuffer(string: "x")
    store.answer(fields: ReadFields.Reply(record: foreign, digest: "d", atMs: 1))
    #expect(store.told.last == "b: STORE_REFUSED")
    #expect(store.steps.isEmpty)
  }

  @Test(
    "leaves what somebody else has written as it is",
    arguments: [
      "", "x", "{\"v\":\"BAAAAAAAAAA\",\"kind\":\"other\",\"expires\":1}\nx",
      "{\"v\":\"BAAAAAAAAAA\"}\nx",
    ])
  func foreign(text: String) {
    for event in [SheetRecord.Event.add("b"), .end, .read] {
      let store = ScriptedStore()
      store.run("a", .on("s", event))
      store.answer(record: ByteBuffer(string: text))
      #expect(store.told == ["a: STORE_REFUSED"])
      #expect(store.steps.isEmpty)
    }
  }

  // MARK: What a commit says

  @Test("says until when it holds only when that is near, and when to look where that is earlier")
  func moments() {
    let soon = ScriptedStore.nowMs + 1000
    let far = ScriptedStore.nowMs + 3_600_000
    for (end, stale) in [(soon, soon), (far, nil)] as [(Int64, Int64?)] {
      let store = ScriptedStore()
      store.run("a", .on("s", .add("b")))
      store.answer(record: ScriptedStore.sheet("a", version: 1, expiresAtMs: end))
      #expect(store.commits.first?.staleAtMs == stale)
      #expect(store.commits.first?.keptUntilMs == end + 1000)
      #expect(store.commits.first?.remindAtMs == nil)
    }
    store.run("a", .on("s", .make("a")))
    #expect(store.commits.first?.remindAtMs == ScriptedStore.nowMs + SheetRecord.lifeMs)
  }

  @Test("may be written to a store that is full when it ends something")
  func full() {
    for (event, isNoLarger) in [(SheetRecord.Event.add("b"), false), (.end, true), (.hold, false)] {
      let store = ScriptedStore()
      store.run("a", .on("s", event))
      store.answer(record: ScriptedStore.sheet("a", version: 1))
      #expect(store.commits.first?.isNoLarger == isNoLarger)
    }
  }

  @Test("is TOO_LARGE when it hands in more than fits, and goes on with what just fits")
  func size() {
    let full = String(repeating: "x", count: ScriptedStore.recordBytes)
    store.run("made", .on("s", .make(full)))
    store.answer(.done)
    let cases: [(String, SheetRecord.Event, told: String)] = [
      (full, .hold, full), (full, .end, full), (full, .add("y"), "TOO_LARGE"),
      (full + full, .hold, full + full), (full + full, .end, full + full),
      (full + full, .add("y"), "TOO_LARGE"), ("", .add(full), full),
    ]
    for (place, (text, event, told)) in cases.enumerated() {
      let label = "\(place)"
      store.run(label, .on("s", event))
      store.answer(record: ScriptedStore.sheet(text, version: 1))
      if told != "TOO_LARGE" { store.answer(.done) }
      #expect(store.told.last == "\(label): \(told)")
      #expect(store.steps.isEmpty)
    }
    store.run("larger", .on("s", .make(full + "y")))
    #expect(store.told.last == "larger: TOO_LARGE")
    #expect(store.steps.isEmpty)
  }

  // MARK: What is noticed

  @Test("tells what has happened by itself after the commit, once, by the kind's namespace")
  func noticed() {
    let over = ScriptedStore.sheet("a", version: 1, expiresAtMs: ScriptedStore.nowMs)
    for event in [SheetRecord.Event.add("b"), .read, .settle] {
      let store = ScriptedStore()
      store.run("a", .on("s", event))
      store.answer(record: over)
      #expect(store.steps == ["commit s over 1: "])
      #expect(store.notices.isEmpty)
      store.answer(.done)
      #expect(store.notices == ["cache s expired"])
      #expect(store.told.count == 1)
    }
  }

  @Test("tells nothing of what another has noticed before it, or what may not have been written")
  func noticedByAnother() {
    let over = ScriptedStore.sheet("a", version: 1, expiresAtMs: ScriptedStore.nowMs)
    let replies: [StoreReply] = [
      .stale(
        ScriptedStore.sheet("", version: 2, expiresAtMs: 5, isOver: true),
        atMs: ScriptedStore.nowMs, wasResent: false),
      .stale(nil, atMs: ScriptedStore.nowMs, wasResent: true),
      .failure(RPCError(.unavailable)),
    ]
    for reply in replies {
      let store = ScriptedStore()
      store.run("a", .on("s", .add("b")))
      store.answer(record: over)
      store.answer(reply)
      #expect(store.told.count == 1)
      #expect(store.steps.isEmpty)
      #expect(store.notices.isEmpty)
    }
  }
}

extension Result {
  var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

extension ScriptedStore {
  /// Answers the reading of a hash.
  func answer(fields reply: ReadFields.Reply) {
    answer(.step(StepReply(reply, to: ReadFields.self)))
  }
}
