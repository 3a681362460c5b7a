import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Synchronization
import Testing

@testable import CloakroomMethods

@Suite("A flow in the store", .timeLimit(.minutes(1)))
struct FlowRecordTests {
  /// What a request of a flow's record is answered.
  private static func ask(
    _ request: FlowRequest, of key: StoreKey, _ store: StoreHarness
  ) async throws -> FlowOutcome? {
    let box = Box()
    let call = RecordCall(FlowRecord.self, key, request) { outcome, _ in
      box.outcome.withLock { $0 = outcome }
      return nil
    }
    _ = try await store.run(call).0.result.get()
    return box.outcome.withLock { $0 }
  }

  private final class Box: Sendable {
    let outcome = Mutex<FlowOutcome?>(nil)
  }

  private static func define(_ step: String) throws -> FlowRequest {
    let flow = try Flow(
      name: "w", ByteBuffer(string: #"{"steps":[{"id":"\#(step)"}]}"#), defaultTTL: .hour)
    return .define(FlowDraft(flow, .call, longest: 1 << 20))
  }

  private static func version(_ outcome: FlowOutcome?) -> Int64? {
    if case .flow(let record) = outcome { record.version } else { nil }
  }

  @Test(
    "has a version for each definition, and keeps those that sessions are on",
    arguments: ContractStores.all)
  func versions(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("w")
      #expect(try await Self.version(Self.ask(Self.define("a"), of: key, store)) == 1)
      #expect(try await Self.version(Self.ask(Self.define("a"), of: key, store)) == 1)
      guard case .flow(let first) = try await Self.ask(.read, of: key, store) else {
        Issue.record("no flow")
        return
      }
      let digest = try #require(first.current?.digest)
      #expect(try await Self.version(Self.ask(Self.define("b"), of: key, store)) == 2)
      // A session that began on the first one still finds it.
      guard
        case .definition(let old) = try await Self.ask(.definition(digest: digest), of: key, store)
      else {
        Issue.record("no definition")
        return
      }
      #expect(old.version == 1)
      #expect(String(buffer: old.text) == #"{"steps":[{"id":"a"}]}"#)
      #expect(try await Self.version(Self.ask(Self.define("a"), of: key, store)) == 1)
    }
  }

  @Test(
    "is defined by many at once, each definition under one number", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("w")
      let versions = try await withThrowingTaskGroup(of: (String, Int64?).self) { group in
        for number in 0..<40 {
          let step = "s\(number % 4)"
          group.addTask {
            (step, try await Self.version(Self.ask(Self.define(step), of: key, store)))
          }
        }
        return try await group.reduce(into: [String: Set<Int64?>]()) {
          $0[$1.0, default: []].insert($1.1)
        }
      }
      #expect(versions.values.allSatisfy { $0.count == 1 })
      #expect(Set(versions.values.flatMap(\.self)) == [1, 2, 3, 4])
    }
  }

  @Test("is closed, and removed once nobody is on it", arguments: ContractStores.all)
  func closing(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("w")
      _ = try await Self.ask(Self.define("a"), of: key, store)
      guard case .flow(let closed) = try await Self.ask(.remove(live: 3), of: key, store) else {
        Issue.record("no flow")
        return
      }
      #expect(closed.state == .closed)
      #expect(try await Self.version(Self.ask(.read, of: key, store)) == 1)
      _ = try await Self.ask(.remove(live: 0), of: key, store)
      #expect(try await Self.ask(.read, of: key, store) == .refused(.noFlow))
      #expect(try await Self.version(Self.ask(Self.define("a"), of: key, store)) == 1)
    }
  }

  @Test(
    "goes on with its numbers after it was removed, and keeps what is held",
    arguments: ContractStores.all)
  func numbers(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("w")
      guard case .flow(let first) = try await Self.ask(Self.define("a"), of: key, store) else {
        Issue.record("no flow")
        return
      }
      let digest = try #require(first.current?.digest)
      let until = try #require(first.current?.definedAtMs) + 9 * 86_400_000
      _ = try await Self.ask(.hold(digest: digest, untilMs: until), of: key, store)
      _ = try await Self.ask(.remove(live: 0), of: key, store)
      guard
        case .definition(let held) = try await Self.ask(.definition(digest: digest), of: key, store)
      else {
        Issue.record("no definition")
        return
      }
      #expect(try #require(held.untilMs) >= until)
      #expect(try await Self.version(Self.ask(Self.define("b"), of: key, store)) == 2)
    }
  }
}
