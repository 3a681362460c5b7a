public import CloakroomStore
public import NIOCore
internal import Glibc
internal import NIOPosix
internal import Synchronization

/// Drives one store link on an event loop of its own choice, for tests that are not on a loop.
public final class StoreHarness: Sendable {
  /// Makes a link; called on the loop.
  public typealias LinkMaker = @Sendable (any EventLoop) throws -> any StoreLink

  /// The most time, in milliseconds, that may pass between two commands without a test's doing; 0
  /// when the store's clock is the test's.
  public let slackMs: Int64

  private static let opened = Atomic<Int>(0)

  private let namespace: String
  /// What the names begin with that the sidecars of the store have in common.
  public let prefix: String
  /// The loop that the link is on.
  public let loop: any EventLoop
  private let port: NIOLoopBound<StoreHarnessPort>
  private let passTime: @Sendable (Int64) async -> Void

  /// Makes a link and waits until it is made.
  ///
  /// - Parameters:
  ///   - slackMs: the most time that may pass unnoticed between two commands.
  ///   - prefix: what the names begin with that the sidecars of the store have in common.
  ///   - passTime: lets at least that many milliseconds pass on the store's clock.
  ///   - makeLink: makes the link; called on the loop.
  public init(
    slackMs: Int64, prefix: String = "contract",
    passTime: @escaping @Sendable (Int64) async -> Void,
    makeLink: @escaping LinkMaker
  ) async throws {
    self.slackMs = slackMs
    self.prefix = prefix
    self.passTime = passTime
    let number = Self.opened.wrappingAdd(1, ordering: .relaxed).newValue
    namespace = "contract:\(getpid()):\(number):"
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    self.loop = loop
    port = try await loop.submit {
      let port = StoreHarnessPort()
      let link = try makeLink(loop)
      port.link = link
      link.start(sink: port)
      return NIOLoopBound(port, eventLoop: loop)
    }.get()
  }

  /// How many replies came that nobody waited for: a second reply to a ticket, or one to none.
  public var strayReplies: Int {
    get async throws {
      let port = port
      return try await loop.submit { port.value.strayReplies }.get()
    }
  }

  /// A key that no other harness has.
  public func key(_ name: String) -> StoreKey { key(bytes: Array(name.utf8)) }

  /// A key of any bytes that no other harness has.
  public func key(bytes: [UInt8]) -> StoreKey {
    StoreKey(bytes: ByteBuffer(bytes: Array(namespace.utf8) + bytes))
  }

  /// Does one command.
  public func perform(_ command: StoreCommand) async -> StoreReply {
    await withCheckedContinuation { continuation in
      submit([command]) { continuation.resume(returning: $0[0]) }
    }
  }

  /// Submits commands one after the other without waiting between them, and answers with their
  /// replies in the order of the commands.
  public func perform(_ commands: [StoreCommand]) async -> [StoreReply] {
    guard !commands.isEmpty else { return [] }
    return await withCheckedContinuation { continuation in
      submit(commands) { continuation.resume(returning: $0) }
    }
  }

  /// Does something on the loop, where the link is.
  public func run(_ body: @escaping @Sendable (StoreHarnessPort) -> Void) {
    let port = port
    loop.execute { body(port.value) }
  }

  /// Lets at least that many milliseconds pass on the store's clock; exactly as many when the clock
  /// is the test's.
  public func advance(by milliseconds: Int64) async { await passTime(milliseconds) }

  /// Lets the link go.
  public func close() async throws {
    let port = port
    try await loop.submit {
      port.value.link?.close()
      port.value.link = nil
      port.value.companion = nil
    }.get()
  }

  private func submit(
    _ commands: [StoreCommand], _ completion: @escaping @Sendable ([StoreReply]) -> Void
  ) {
    let port = port
    loop.execute { port.value.submit(commands, completion) }
  }
}
