import CloakroomMethods
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("The executor of a loop's tasks", .timeLimit(.minutes(1)))
struct LoopExecutorTests {
  private let loop = MultiThreadedEventLoopGroup.singleton.next()

  @Test("never lets a task leave the loop's thread, whatever it waits for")
  func staysOnLoop() async throws {
    let executor = try await loop.submit { [loop] in LoopExecutor(on: loop) {} }.get()
    let task = Task(executorPreference: executor) { [loop] in
      var hops = loop.inEventLoop ? 0 : 1
      for _ in 0..<100 {
        await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
        if !loop.inEventLoop { hops += 1 }
      }
      // Resumed by another thread, it comes back to the loop's.
      try await Task.sleep(for: .milliseconds(1))
      if !loop.inEventLoop { hops += 1 }
      return hops
    }
    #expect(try await task.value == 0)
  }

  @Test("tells when the tasks that could run have run")
  func tells() async throws {
    let log = Log()
    let executor = try await loop.submit { [loop] in
      LoopExecutor(on: loop) { log.append("ran") }
    }.get()
    let tasks = try await loop.submit {
      (0..<3).map { number in
        Task(executorPreference: executor) { log.append("task \(number)") }
      }
    }.get()
    for task in tasks { await task.value }
    try await loop.submit {}.get()
    #expect(log.lines == ["task 0", "task 1", "task 2", "ran"])
  }

  private final class Log: Sendable {
    private let all = Mutex<[String]>([])
    var lines: [String] { all.withLock { $0 } }
    func append(_ line: String) { all.withLock { $0.append(line) } }
  }
}
