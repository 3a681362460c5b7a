import CloakroomCore
import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CloakroomMethods

@Suite("The threads for long work", .timeLimit(.minutes(1)))
struct ComputePoolTests {
  /// A pool of one thread that is busy until `open`, and what it has done since.
  private final class Stage: Sendable {
    let pool: ComputePool
    let loop: any EventLoop
    private let gate = DispatchSemaphore(value: 0)
    private let begun = DispatchSemaphore(value: 0)
    private let lines = Mutex<[String]>([])
    private let jobs = Mutex<[String: ComputePool.Job]>([:])

    init(queueLimit: Int) async throws {
      pool = ComputePool(threads: 1, queueLimit: queueLimit)
      loop = MultiThreadedEventLoopGroup.singleton.next()
      pool.start()
      try await submit("busy", by: nil) { [gate, begun] in
        begun.signal()
        gate.wait()
      }
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async { [begun] in
          begun.wait()
          continuation.resume()
        }
      }
    }

    /// Hands in work under a name, and notes what it comes to.
    func submit(
      _ name: String, by pid: Int32?, _ body: @escaping @Sendable () -> Void = {}
    ) async throws {
      let owner = pid.map { Peer(uid: 1, gid: 1, pid: $0) }
      try await loop.submit { [self] in
        do throws(RPCError) {
          let job = try pool.run(for: owner, on: loop) { () throws(RPCError) in
            body()
          } _: { [self] (result: Result<Void, RPCError>) in
            loop.assertInEventLoop()
            switch result {
            case .success: note(name)
            case .failure(let error): note("\(name): \(error.reason.name)")
            }
          }
          jobs.withLock { $0[name] = job }
        } catch {
          note("\(name): \(error.reason.name)")
          #expect(error.limit == .waitingWork && error.retryAfterMs != nil)
        }
      }.get()
    }

    func cancel(_ name: String) -> Bool { jobs.withLock { $0[name] }?.cancel() ?? false }

    /// Lets the thread go on, and waits until all is done.
    func open() async throws -> [String] {
      gate.signal()
      await pool.stop()
      // What it has come to is told on the loop.
      try await loop.submit {}.get()
      return lines.withLock { $0 }
    }

    /// Lets the thread go on, and waits until so much has been told.
    func open(until count: Int) async throws -> [String] {
      gate.signal()
      while lines.withLock({ $0.count < count }) { try await loop.submit {}.get() }
      await pool.stop()
      return lines.withLock { $0 }
    }

    var told: [String] { lines.withLock { $0 } }

    private func note(_ line: String) { lines.withLock { $0.append(line) } }
  }

  @Test("take turns between clients, and do what one has asked for in its order")
  func turns() async throws {
    let stage = try await Stage(queueLimit: 100)
    for (name, pid) in [("a1", 1), ("a2", 1), ("a3", 1), ("b1", 2), ("b2", 2), ("c1", 3)] {
      try await stage.submit(name, by: Int32(pid))
    }
    #expect(stage.pool.gauges == .init(waiting: 6, done: 0))
    #expect(
      try await stage.open(until: 7) == ["busy", "a1", "b1", "c1", "a2", "b2", "a3"])
    #expect(stage.pool.gauges == .init(waiting: 0, done: 7))
  }

  @Test("refuse the process that has most waiting when too much waits, not the one that asks")
  func limit() async throws {
    let stage = try await Stage(queueLimit: 4)
    for number in 1...4 { try await stage.submit("a\(number)", by: 1) }
    try await stage.submit("a5", by: 1)
    #expect(stage.told == ["a5: OVERLOADED"])
    try await stage.submit("b1", by: 2)
    try await stage.submit("b2", by: 2)
    // Both have two by now: none has more than the other.
    try await stage.submit("b3", by: 2)
    try await stage.submit("a6", by: 1)
    try await stage.submit("c1", by: 3)
    let told = try await stage.open(until: 11)
    #expect(
      Set(told.prefix(6)) == [
        "a5: OVERLOADED", "a4: OVERLOADED", "a3: OVERLOADED", "b3: OVERLOADED", "a6: OVERLOADED",
        told.first { $0 == "a2: OVERLOADED" || $0 == "b2: OVERLOADED" } ?? "",
      ])
    #expect(told.contains("c1") && told.contains("a1") && told.contains("b1"))
    #expect(stage.pool.gauges.waiting == 0)
  }

  @Test("drop what has not begun when nobody waits for it any more, and nothing else")
  func cancelled() async throws {
    let stage = try await Stage(queueLimit: 3)
    for name in ["a1", "a2", "a3"] { try await stage.submit(name, by: 1) }
    #expect(stage.cancel("a2"))
    #expect(!stage.cancel("a2"))
    #expect(!stage.cancel("busy"))
    // There is room again.
    try await stage.submit("a4", by: 1)
    #expect(try await stage.open(until: 4) == ["busy", "a1", "a3", "a4"])
    #expect(!stage.cancel("a4"))
  }

  @Test("say of what has not begun when they stop that it was not done")
  func stopping() async throws {
    let stage = try await Stage(queueLimit: 3)
    try await stage.submit("a1", by: 1)
    async let told = stage.open()
    let lines = try await told
    #expect(lines.contains("busy"))
    #expect(lines.count == 2 && lines.contains { $0 == "a1" || $0 == "a1: UNAVAILABLE" })
  }
}
