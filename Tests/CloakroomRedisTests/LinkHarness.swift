import CloakroomRedis
import Logging
import NIOCore
import NIOPosix
import Testing

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
      let port = LinkPort(RedisLink(on: loop, to: target, scripts: scripts, logger: logger))
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
  func submit(_ commands: [Command]) async -> [Outcome] {
    guard !commands.isEmpty else { return [] }
    let port = port
    return await withCheckedContinuation { continuation in
      loop.execute { port.value.submit(commands) { continuation.resume(returning: $0) } }
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
    try await eventually("the link is ready") { try await ask(\.isReady) }
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

/// The half of a harness that lives on the loop.
private final class LinkPort: RedisLinkDelegate {
  private final class Batch {
    var outcomes: [LinkHarness.Outcome?]
    var missing: Int
    let completion: ([LinkHarness.Outcome]) -> Void

    init(_ count: Int, _ completion: @escaping ([LinkHarness.Outcome]) -> Void) {
      outcomes = Array(repeating: nil, count: count)
      missing = count
      self.completion = completion
    }
  }

  let link: RedisLink
  var afterFailure: LinkHarness.Command?
  private(set) var endings: [Int] = []
  /// Outcomes that nobody waited for: a second one for a command, or one for none.
  private(set) var strays = 0
  private var waiting: [UInt64: (batch: Batch, place: Int)] = [:]
  private var nextContext: UInt64 = 0

  init(_ link: RedisLink) {
    self.link = link
    link.start(delegate: self)
  }

  func submit(
    _ commands: [LinkHarness.Command], _ completion: @escaping ([LinkHarness.Outcome]) -> Void
  ) {
    let batch = Batch(commands.count, completion)
    for (place, command) in commands.enumerated() {
      nextContext += 1
      waiting[nextContext] = (batch, place)
      let parts = command.parts
      link.submit(
        context: nextContext, resend: command.resend,
        payload: parts.reduce(0) { $0 + $1.utf8.count }, arguments: parts.count
      ) { writer in
        writer.write(parts: parts.count)
        for part in parts { writer.write(part) }
      }
    }
  }

  func received(_ reply: borrowing RESPReply, for context: UInt64) {
    end(context, .reply(ReplyText.describe(reply)))
  }

  func failed(_ failure: RedisFailure, for context: UInt64) {
    let next = afterFailure
    afterFailure = nil
    if let next { submit([next]) { _ in } }
    end(context, .failed(failure))
  }

  func finishedBurst() {}

  private func end(_ context: UInt64, _ outcome: LinkHarness.Outcome) {
    guard let (batch, place) = waiting.removeValue(forKey: context) else {
      strays += 1
      return
    }
    endings.append(place)
    batch.outcomes[place] = outcome
    batch.missing -= 1
    if batch.missing == 0 { batch.completion(batch.outcomes.compactMap(\.self)) }
  }
}
