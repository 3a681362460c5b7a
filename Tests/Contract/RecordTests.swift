import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A record", .timeLimit(.minutes(1)))
struct RecordTests {
  @Test(
    "is written where there is none, and read with the store's time", arguments: ContractStores.all)
  func made(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      guard case .record(nil, let before) = await store.perform(.read(key)) else {
        Issue.record("there is one")
        return
      }
      #expect(await store.perform(.commit(key, .making("1"))) == .done)
      await store.advance(by: 30)
      guard case .record(let record?, let after) = await store.perform(.read(key)) else {
        Issue.record("there is none")
        return
      }
      #expect(String(buffer: record).hasSuffix("\n1"))
      #expect((before + 30...before + 30 + store.slackMs).contains(after))
      #expect(RecordVersion(of: record) == RecordVersion(1))
    }
  }

  @Test("is never written over what was not expected", arguments: ContractStores.all)
  func stale(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.perform(.commit(key, .making("1", version: 1))) == .done)
      // Another one's name, another version, and the version of what is gone.
      for commit in [
        RecordCommit.making("2", version: 2), .making("2", version: 2, over: 7),
      ] {
        guard case .stale(let there?, _, false) = await store.perform(.commit(key, commit)) else {
          Issue.record("it was written")
          return
        }
        #expect(String(buffer: there).hasSuffix("\n1"))
      }
      let gone = store.key("gone")
      guard
        case .stale(nil, _, false) = await store.perform(
          .commit(gone, .making("2", version: 2, over: 1)))
      else {
        Issue.record("it was written")
        return
      }
      #expect(await store.perform(.commit(key, .making("2", version: 2, over: 1))) == .done)
      #expect(await store.record(key)?.hasSuffix("\n2") == true)
    }
  }

  @Test("is not written once the decision is too old", arguments: ContractStores.all)
  func late(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.perform(.commit(key, .making("1", version: 1))) == .done)
      guard case .record(_, let now) = await store.perform(.read(key)) else { return }
      var commit = RecordCommit.making("2", version: 2, over: 1)
      commit.staleAtMs = now + 20
      await store.advance(by: 20)
      guard case .stale(_?, let time, _) = await store.perform(.commit(key, commit)) else {
        Issue.record("it was written")
        return
      }
      #expect(time >= now + 20)
      commit.staleAtMs = now + 1_000_000
      #expect(await store.perform(.commit(key, commit)) == .done)
      var made = RecordCommit.making("1")
      made.staleAtMs = now
      guard case .stale(nil, _, _) = await store.perform(.commit(store.key("b"), made)) else {
        Issue.record("it was written")
        return
      }
    }
  }

  @Test("is kept for as long as it says", arguments: ContractStores.all)
  func kept(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      guard case .record(_, let now) = await store.perform(.read(key)) else { return }
      var commit = RecordCommit.making("1", version: 1)
      commit.keptUntilMs = now + 1_000_000
      #expect(await store.perform(.commit(key, commit)) == .done)
      commit = .making("2", version: 2, over: 1)
      commit.keptUntilMs = now + 60
      #expect(await store.perform(.commit(key, commit)) == .done)
      await store.advance(by: 61)
      #expect(await store.record(key) == nil)
    }
  }

  @Test("is looked at without being changed", arguments: ContractStores.all)
  func unchanged(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let look = RecordCommit(expecting: .nothing, replacement: nil)
      #expect(await store.perform(.commit(key, look)) == .done)
      #expect(await store.record(key) == nil)
      #expect(await store.perform(.commit(key, .making("1", version: 1))) == .done)
      guard case .stale(_?, _, _) = await store.perform(.commit(key, look)) else {
        Issue.record("what is there was taken for nothing")
        return
      }
    }
  }

  @Test("is committed by one of many at a time", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("a")
      #expect(await stores[0].perform(.commit(key, .making("0", version: 1))) == .done)
      let done = await withTaskGroup(of: Int.self) { group in
        for (number, store) in stores.enumerated() {
          group.addTask {
            let commits = (0..<25).map {
              StoreCommand.commit(
                key, .making("\(number)", version: UInt64(100 + number * 25 + $0), over: 1))
            }
            return await store.perform(commits).count { $0 == .done }
          }
        }
        return await group.reduce(0, +)
      }
      #expect(done == 1)
    }
  }
}
