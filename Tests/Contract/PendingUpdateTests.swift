import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("A pending operation's data", .timeLimit(.minutes(1)))
struct PendingUpdateTests {
  @Test("are replaced, whatever they were", arguments: ContractStores.all)
  func replaced(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let made = await store.make(key, "1")
      #expect(await store.update(key, "[2]")?.text == "[2]")
      let read = await store.readOperation(key)
      #expect(read?.text == "[2]")
      #expect(read?.operation?.expiresAtMs == made?.expiresAtMs)
    }
  }

  @Test("are replaced only over what was seen, if that is wanted", arguments: ContractStores.all)
  func etag(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1")
      let etag = ETag.of(ByteBuffer(string: "1"))
      #expect(await store.update(key, "2", ifMatch: etag)?.text == "2")
      let late = try #require(await store.update(key, "3", ifMatch: etag))
      guard case .stale(let current) = late.outcome else {
        Issue.record("it was written over what nobody had seen")
        return
      }
      #expect(String(buffer: current.data) == "2")
      #expect(await store.readOperation(key)?.text == "2")
    }
  }

  @Test(
    "are changed only as they are wanted to be, if that is asked for", arguments: ContractStores.all
  )
  func condition(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, #"{"status":"draft"}"#)
      let condition = try DataCondition(
        ByteBuffer(string: #"{"properties":{"status":{"const":"draft"}}}"#), .whole)
      func send() async -> PendingReply? {
        let patch = PendingChange.Content.patch(ByteBuffer(string: #"{"status":"sent"}"#))
        return await store.pending(key, .update(PendingChange(patch, onlyIf: condition)))
      }
      #expect(await send()?.text == #"{"status":"sent"}"#)
      let refused = try #require(await send()?.refusal).error
      #expect(refused.reason == .conflict)
      guard case .list(let violations)? = refused.details.first?.value else {
        Issue.record("no violations")
        return
      }
      #expect(violations.first?.first == .text("pointer", "/status"))
      #expect(await store.readOperation(key)?.text == #"{"status":"sent"}"#)
    }
  }

  @Test("live on, anew, or as long as they are given", arguments: ContractStores.all)
  func lives(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let made = try #require(await store.make(key, "1", forMs: 200_000)).expiresAtMs
      await store.advance(by: 100)
      #expect(await store.update(key, "2", .keep)?.operation?.expiresAtMs == made)
      let reset = try #require(await store.update(key, "2", .reset)?.operation).expiresAtMs
      #expect((made + 100...made + 100 + store.slackMs).contains(reset))
      let longer = try #require(await store.update(key, "2", .after(.ms(900_000)))?.operation)
      #expect((reset + 700_000...reset + 700_000 + store.slackMs).contains(longer.expiresAtMs))
      // What it was given last is what begins anew.
      let again = try #require(await store.update(key, "2", .reset)?.operation)
      #expect(again.expiresAtMs >= longer.expiresAtMs)
    }
  }

  @Test("don't come back once they are gone", arguments: ContractStores.all)
  func gone(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1", forMs: 50)
      await store.advance(by: 50)
      #expect(await store.update(key, "2", .after(.ms(1000)))?.refusal == .expired)
      #expect(await store.readOperation(key)?.refusal == .expired)
    }
  }

  @Test("are lost by none of many that change them", arguments: ContractStores.all)
  func concurrent(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = try #require(stores.first).key("a")
      await stores[0].make(key, "")
      await withTaskGroup(of: Void.self) { group in
        for (number, store) in stores.enumerated() {
          group.addTask {
            for turn in 0..<25 {
              var current = await store.readOperation(key)?.text ?? ""
              while true {
                let etag = ETag.of(ByteBuffer(string: current))
                let reply = await store.update(key, current + "\(number).\(turn);", ifMatch: etag)
                guard case .stale(let other) = reply?.outcome else { break }
                current = String(buffer: other.data)
              }
            }
          }
        }
      }
      let parts = try #require(await stores[0].readOperation(key)?.text).split(separator: ";")
      #expect(Set(parts).count == 100 && parts.count == 100)
    }
  }
}
