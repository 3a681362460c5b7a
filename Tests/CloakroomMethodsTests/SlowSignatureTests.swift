import CloakroomCore
import CloakroomTokens
import Dispatch
import Synchronization
import Testing

@testable import CloakroomMethods

@Suite("Slow signatures", .timeLimit(.minutes(1)))
struct SlowSignatureTests {
  /// Work that goes on until it is let go.
  private final class Gate: Sendable {
    private let begun = Atomic<Int>(0)
    private let semaphore = DispatchSemaphore(value: 0)

    var count: Int { begun.load(ordering: .sequentiallyConsistent) }

    func pass() {
      begun.wrappingAdd(1, ordering: .sequentiallyConsistent)
      semaphore.wait()
      // For the next.
      semaphore.signal()
    }

    func open() { semaphore.signal() }
  }

  @Test("may be as many as the limit at once, and one more is refused", arguments: [1, 3])
  func limit(queueLength: Int) async throws {
    // With a thread for one too many as well, which would then be done.
    let service = TokenService(
      try KeyRing.random(), options: Configuration.Tokens(), queueLength: queueLength,
      threads: queueLength + 1)
    service.start()
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { gate.open() }
      for _ in 0..<queueLength {
        group.addTask { try await service.offLoop { () throws(RPCError) in gate.pass() } }
      }
      let deadline = ContinuousClock.now + .seconds(20)
      while gate.count < queueLength, ContinuousClock.now < deadline { await Task.yield() }
      #expect(gate.count == queueLength)
      let error = await #expect(throws: RPCError.self) {
        try await service.offLoop { () throws(RPCError) in }
      }
      #expect(error == .tooManySignatures)
      gate.open()
      try await group.waitForAll()
    }
    // Their places are free again, that of the refused one too.
    for _ in 0...queueLength { try await service.offLoop { () throws(RPCError) in } }
    await service.stop()
  }
}
