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
    let executor = try await loop.submit { [loop] in
      LoopExecutor(on: loop, later: { $0() }, ran: {})
    }.get()
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
      LoopExecutor(on: loop, later: { $0() }, ran: { log.append("ran") })
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

  @Test("leaves tasks that there is no time for in one turn to the next ones")
  func takesTurns() async throws {
    let log = Log()
    let executor = try await loop.submit { [loop] in
      LoopExecutor(
        on: loop,
        later: { body in
          log.append("later")
          body()
        }, ran: {})
    }.get()
    let tasks = try await loop.submit {
      (0..<3).map { number in
        Task(executorPreference: executor) {
          log.append("task \(number)")
          Self.work()
        }
      }
    }.get()
    for task in tasks { await task.value }
    try await loop.submit {}.get()
    #expect(log.lines.prefix(5) == ["task 0", "later", "task 1", "later", "task 2"])
  }

  @Test("gives tasks that come before the loop has looked at its sockets what is left of the time")
  func sharesTime() async throws {
    let log = Log()
    let (executor, waiting) = try await loop.submit { [loop] in
      let waiting = Waiting()
      return (
        LoopExecutor(on: loop, later: { waiting.bodies.append($0) }, ran: {}),
        NIOLoopBound(waiting, eventLoop: loop)
      )
    }.get()
    var tasks: [Task<Void, Never>] = []
    for number in 0..<3 {
      tasks.append(
        Task(executorPreference: executor) {
          log.append("task \(number)")
          Self.work(for: .microseconds(600))
        })
      // A run of its own has taken it, or left it.
      try await loop.submit {}.get()
    }
    #expect(log.lines == ["task 0", "task 1"])
    try await loop.submit {
      #expect(waiting.value.bodies.count == 1)
      waiting.value.bodies.popLast()?()
    }.get()
    for task in tasks { await task.value }
    #expect(log.lines == ["task 0", "task 1", "task 2"])
  }

  @Test("has a task whose time is over go on before those that came after it")
  func keepsOrder() async throws {
    let log = Log()
    let executor = try await loop.submit { [loop] in
      LoopExecutor(on: loop, later: { body in loop.assumeIsolated().execute(body) }, ran: {})
    }.get()
    let tasks = try await loop.submit {
      (0..<4).map { number in
        Task(executorPreference: executor) {
          log.append("\(number) begins")
          for _ in 0..<3 {
            Self.work()
            // What it asks for is there at once.
            await withCheckedContinuation { continuation in
              guard executor.isTurnOver else { return continuation.resume() }
              executor.goOnNext { continuation.resume() }
            }
          }
          log.append("\(number) ends")
        }
      }
    }.get()
    for task in tasks { await task.value }
    #expect(log.lines == (0..<4).flatMap { ["\($0) begins", "\($0) ends"] })
  }

  @Test("runs what is left when it is closed")
  func closes() async throws {
    let log = Log()
    let (executor, waiting) = try await loop.submit { [loop] in
      let waiting = Waiting()
      return (
        LoopExecutor(on: loop, later: { waiting.bodies.append($0) }, ran: {}),
        NIOLoopBound(waiting, eventLoop: loop)
      )
    }.get()
    let tasks = try await loop.submit {
      (0..<2).map { number in
        Task(executorPreference: executor) {
          log.append("task \(number)")
          Self.work()
        }
      }
    }.get()
    await tasks[0].value
    try await loop.submit {
      #expect(waiting.value.bodies.count == 1)
      executor.close()
    }.get()
    for task in tasks { await task.value }
    #expect(log.lines == ["task 0", "task 1"])
  }

  /// Takes a time; unless told, longer than a turn of the loop has.
  private static func work(for time: TimeAmount = .milliseconds(2)) {
    let end = NIODeadline.now() + time
    while NIODeadline.now() < end {}
  }

  /// What is to be done later, and never is.
  private final class Waiting {
    var bodies: [() -> Void] = []
  }

  private final class Log: Sendable {
    private let all = Mutex<[String]>([])
    var lines: [String] { all.withLock { $0 } }
    func append(_ line: String) { all.withLock { $0.append(line) } }
  }
}
