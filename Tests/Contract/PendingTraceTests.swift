import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("What is left of a pending operation", .timeLimit(.minutes(1)))
struct PendingTraceTests {
  /// As short as can be: what has to be kept for longer is kept all the same.
  private static let brief = PendingRetention(tombstoneMs: 1, receiptMs: 1, deadMs: 1)

  /// Ways for an operation to end, and what is told of it then.
  static let ends = ["consumed", "deleted", "committed", "dead"]

  /// A token that carries its data would pass again if its trace went before it.
  @Test("stays for as long as it would have lived", arguments: ContractStores.all, ends)
  func trace(kind: ContractStore, end: String) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1", forMs: 60_000, maxAttempts: 1, Self.brief)
      func perform(_ step: PendingStep) async -> PendingReply? {
        await store.pending(key, step, Self.brief)
      }
      switch end {
      case "consumed": #expect(await perform(.consume)?.operation != nil)
      case "deleted": #expect(await perform(.delete)?.outcome == .done)
      default:
        let lease = PendingLease(receipt: "r", life: .ms(20))
        #expect(await perform(.checkout(lease))?.grant != nil)
        if end == "committed" {
          let result = ByteBuffer(string: "7")
          #expect(await perform(.commit(receipt: "r", result: result))?.result == "7")
        }
        await store.advance(by: 20)
      }
      for _ in 0..<2 {
        let read = await perform(.read(withData: false))
        switch end {
        case "dead": #expect(read?.operation?.state == .dead)
        case "deleted": #expect(read?.refusal == .deleted)
        default: #expect(read?.refusal == .consumed)
        }
        await store.advance(by: 50)
      }
    }
  }
}
