import Logging
import NIOCore
import NIOPosix
import Support
import Testing

@testable import CloakroomRedis

/// Drives one link on its event loop, for tests that are not on a loop.
final class LinkHarness: Sendable {
  /// One command, and what may be done with it when its connection is lost.
  struct Command: Sendable {
    let resend: Resend
    let parts: [String]

    init(_ resend: Resend, _ parts: String...) {
      self.resend = resend
      self.parts = parts
    }
  }

  /// How a command ended.
  enum Outcome: Sendable, Equatable {
    /// A reply as text.
    case reply(String)
    case failed(RedisFailure)
  }

  private let loop: any EventLoop
  private let port: NIOLoopBound<LinkPort>

  private init(_ target: RedisTarget, scripts: [RedisScript]) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    self.loop = loop
    port = try await loop.submit {
      let logger = Logger(label: "link") { _ in SwiftLogNoOpLogHandler() }
      let port = LinkPort(
        RedisLink(
          on: loop, to: target, scripts: scripts,
          outage: RedisOutage(logger: logger)))
      return NIOLoopBound(port, eventLoop: loop)
    }.get()
  }

  /// Lets a test use a link, and lets the link go after that.
  static func with(
    _ target: RedisTarget, scripts: [RedisScript] = [],
    _ body: (LinkHarness) async throws -> Void
  ) async throws {
    let harness = try await LinkHarness(target, scripts: scripts)
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await body(harness))
    } catch {
      outcome = .failure(error)
    }
    try await harness.close()
    #expect(try await harness.strays() == 0)
    try outcome.get()
  }

  /// Submits commands in one tick of the loop and answers with their outcomes, in their order.
  ///
  /// - Parameter size: how many bytes each is said to have; nil is the truth.
  func submit(_ commands: [Command], saying size: Int? = nil) async -> [Outcome] {
    guard !commands.isEmpty else { return [] }
    let port = port
    return await withCheckedContinuation { continuation in
      loop.execute {
        port.value.submit(commands, saying: size) { continuation.resume(returning: $0) }
      }
    }
  }

  /// Submits one command.
  func submit(_ resend: Resend, _ parts: String...) async -> Outcome? {
    await submit([Command(resend, joined: parts)]).first
  }

  /// Has a command submitted from within the next failure.
  func afterNextFailure(submit command: Command) async throws {
    let port = port
    try await loop.submit { port.value.afterFailure = command }.get()
  }

  /// What is so on the loop.
  func ask<Value: Sendable>(
    _ question: @escaping @Sendable (RedisLink) -> Value
  ) async throws -> Value {
    let port = port
    return try await loop.submit { question(port.value.link) }.get()
  }

  /// Waits until Redis has greeted back.
  func becomeReady() async throws {
    try await eventually(that: "the link is ready") { try await ask(\.isReady) }
  }

  /// How often a connection was lost for a cause.
  func losses(_ cause: LossCause) async throws -> UInt64 {
    try await ask { $0.counters.losses[cause.rawValue] }
  }

  /// The places, in their batch, of all commands that have ended, in the order in which they did.
  func endings() async throws -> [Int] {
    let port = port
    return try await loop.submit { port.value.endings }.get()
  }

  /// How often the link has told that its server takes no writes any more.
  func demotions() async throws -> Int {
    let port = port
    return try await loop.submit { port.value.demotions }.get()
  }

  private func strays() async throws -> Int {
    let port = port
    return try await loop.submit { port.value.strays }.get()
  }

  /// Lets the link go; what waits fails.
  func close() async throws {
    try await ask { $0.close() }
  }
}

extension LinkHarness.Command {
  fileprivate init(_ resend: Resend, joined parts: [String]) {
    self.resend = resend
    self.parts = parts
  }
}
