import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CloakroomRedis

/// A server that greets as Redis does and answers all else as a test tells it to.
final class FakeRedis: Sendable {
  /// One command, and over which connection it came, the first being 1.
  struct Command: Sendable, Equatable {
    let connection: Int
    let parts: [String]
  }

  /// What the server does about a command.
  enum Answer: Sendable {
    /// Sends bytes; a command that is answered with none waits for ever.
    case send(String)
    /// Sends bytes and closes the connection; whatever else comes over it is not read.
    case hangUp(after: String)
    /// Sends one piece after the other, with a pause before each.
    case trickle([String], pause: TimeAmount)
  }

  /// What the connections have in common.
  final class Backend: Sendable {
    let answer: @Sendable (Command) -> Answer?
    private let log = Mutex<[Command]>([])
    private let connections = Atomic<Int>(0)

    init(answer: @escaping @Sendable (Command) -> Answer?) { self.answer = answer }

    var commands: [Command] { log.withLock { $0 } }

    func open() -> Int { connections.wrappingAdd(1, ordering: .relaxed).newValue }

    func take(_ command: Command) -> Answer {
      log.withLock { $0.append(command) }
      return answer(command) ?? .send(Self.standard(command))
    }

    private static func standard(_ command: Command) -> String {
      switch command.parts.prefix(2) {
      case ["CLIENT", "ID"]: ":\(command.connection)\r\n"
      case ["CLIENT", "KILL"]: ":1\r\n"
      case ["INFO"]: RedisGreetingTests.info(run: "run-1") + "\r\n"
      case ["PING"]: "+PONG\r\n"
      default: command.parts.first == "GET" ? "$1\r\nv\r\n" : "+OK\r\n"
      }
    }
  }

  private let backend: Backend
  private let listener: any Channel

  /// Starts a server on a free port of 127.0.0.1.
  ///
  /// - Parameter answer: what to do about a command; nil is what Redis would do.
  init(_ answer: @escaping @Sendable (Command) -> Answer? = { _ in nil }) async throws {
    let backend = Backend(answer: answer)
    self.backend = backend
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FakeRedisConnection(backend))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  deinit { listener.close(promise: nil) }

  /// Where it is, for a link with a test's patience.
  func target(_ configure: (inout RedisTarget) -> Void = { _ in }) throws -> RedisTarget {
    let port = try #require(listener.localAddress?.port)
    var target = RedisTarget(address: .tcp(host: "127.0.0.1", port: port))
    (target.connectTimeout, target.commandTimeout) = (.seconds(20), .seconds(20))
    (target.shortestBackoff, target.longestBackoff) = (.milliseconds(1), .milliseconds(5))
    configure(&target)
    return target
  }

  /// Every command received over a connection, its parts separated by spaces.
  func commands(of connection: Int) -> [String] {
    backend.commands.filter { $0.connection == connection }.map { $0.parts.joined(separator: " ") }
  }

  /// The same without the greeting, which ends with PING, or with the end of a lost connection.
  func commandsAfterGreeting(of connection: Int) -> [String] {
    let commands = commands(of: connection)
    let last = commands.lastIndex { $0 == "PING" || $0.hasPrefix("CLIENT KILL") }
    return last.map { Array(commands[($0 + 1)...]) } ?? []
  }
}
