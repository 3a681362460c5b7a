internal import CloakroomCore
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// One connection to Redis, from connecting to its end; another try is another connection.
///
/// Bound to its loop. Once it is discarded it tells its owner nothing, so that nothing that still arrives
/// is taken for an answer.
///
/// `assumeIsolated` is sound here: nobody but the loop has it, and NIO checks that each time.
final class RedisConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let loop: any EventLoop
  private let target: RedisTarget
  private let scripts: [RedisScript]
  /// Strong, and let go when the connection is discarded: a weak one would make each use of its count
  /// slower.
  private var owner: (any RedisConnectionOwner)?
  private var channel: (any Channel)?
  /// The channel's socket. The channel closes it: it is asked only as long as there is one.
  private var socket: NIOBSDSocket.Handle?
  private let reader: RESPReader
  private var greeting: RedisGreeting?

  /// A connection that is not being made yet; called on the loop. Nil only when there is no memory for a
  /// reader.
  ///
  /// - Parameters:
  ///   - replyLimit: about how many bytes one reply may have.
  ///   - scripts: what Redis must keep before the first command.
  ///   - previous: the connection that this one takes the place of, which is to be fenced off.
  init?(
    on loop: any EventLoop, to target: RedisTarget,
    replyLimit: Int = RESPReader.standardReplyLimit, scripts: [RedisScript] = [],
    previous: RedisGreeting.Identity? = nil, owner: any RedisConnectionOwner
  ) {
    guard let reader = RESPReader(replyLimit: replyLimit) else { return nil }
    self.reader = reader
    self.loop = loop
    self.target = target
    self.scripts = scripts
    self.owner = owner
    greeting = RedisGreeting(previous: previous)
  }

  /// Connects and greets; both together have the target's patience.
  func connect() {
    let bound = NIOLoopBound(self, eventLoop: loop)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(target.connectTimeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(bound.value)
        }
      }
    let connecting =
      switch target.address {
      case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
      case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
      }
    connecting.assumeIsolated().whenComplete { result in
      switch result {
      case .success(let channel):
        self.connected(channel)
      case .failure(let error):
        self.lose(
          .connectFailed, "can't connect to Redis at \(self.target.address): \(error.forPeople)")
      }
    }
    loop.assumeIsolated().scheduleTask(in: target.connectTimeout) {
      guard self.greeting != nil else { return }
      self.lose(.connectFailed, "Redis at \(self.target.address) does not answer")
    }
  }

  /// Whether what was sent has left room for more.
  var isWritable: Bool { channel?.isWritable ?? false }

  /// How many bytes the server has not taken of those that were sent: the channel still has them, or the
  /// socket does. A Unix-domain socket counts what it has by the memory that it takes, which is more.
  var untakenBytes: Int {
    guard let channel else { return 0 }
    let buffered = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    return buffered + socketBytes(TIOCOUTQ)
  }

  /// Whether the socket has bytes that were not read yet.
  var hasUnread: Bool { socketBytes(FIONREAD) > 0 }

  private func socketBytes(_ question: Int32) -> Int {
    guard let channel, channel.isActive, let socket else { return 0 }
    var count: Int32 = 0
    return ioctl(socket, UInt(question), &count) == 0 ? Int(count) : 0
  }

  /// Sends bytes, if the connection stands.
  func write(_ bytes: ByteBuffer) { channel?.writeAndFlush(bytes, promise: nil) }

  /// Lets the connection go; its owner is told nothing more.
  func discard() {
    owner = nil
    greeting = nil
    channel?.close(promise: nil)
    channel = nil
    socket = nil
  }

  private func connected(_ channel: any Channel) {
    guard owner != nil else {
      channel.close(promise: nil)
      return
    }
    self.channel = channel
    socket = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { $0 }
    guard let bytes = greeting?.begin(target, scripts: scripts) else { return }
    write(bytes)
  }

  private func lose(_ cause: LossCause, _ reason: String) {
    let owner = owner
    discard()
    owner?.connectionLost(cause, reason)
  }

  // MARK: Replies

  /// The reply that `next` has read; the next one takes its place.
  var reply: RESPReply { reader.reply }

  /// Reads the next reply that has arrived. False when there is none, or nobody wants it any more: the
  /// connection was discarded, or has just been lost over what it sent.
  func next() -> Bool {
    guard owner != nil else { return false }
    do throws(RESPFault) {
      return try reader.next()
    } catch {
      lose(.protocolError, "Redis sent something that is not RESP: \(error.message)")
      return false
    }
  }

  private func greeted(_ reply: borrowing RESPReply) {
    guard let progress = greeting?.receive(reply) else { return }
    switch progress {
    case .waiting:
      break
    case .send(let bytes):
      write(bytes)
    case .ready(let isFenced):
      guard let greeting else { return }
      self.greeting = nil
      owner?.connectionIsReady(
        isFenced: isFenced, identity: greeting.identity, facts: greeting.facts)
    case .unusable(let why):
      lose(.greetingRefused, "Redis at \(target.address) can't be used: \(why)")
    case .refused(let text):
      lose(.greetingRefused, "Redis refused the connection: \(text)")
    }
  }

  // MARK: What the channel says

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let owner else { return }
    reader.take(unwrapInboundIn(data))
    while greeting != nil, next() { greeted(reply) }
    if greeting == nil { owner.receivedReplies(on: self) }
  }

  func channelReadComplete(context: ChannelHandlerContext) { owner?.finishedBurst() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { owner?.connectionIsWritable() }
  }

  /// What is said of a connection that has ended before Redis has greeted back; nil for any other.
  private var endedEarly: String? {
    guard greeting != nil else { return nil }
    // With too many clients it says so itself, and closes at once: mostly the greeting can't be sent
    // any more, and what it has said is lost with the connection.
    return "Redis at \(target.address) ended the connection before it answered: it is stopping, or "
      + "has as many clients as it takes (maxclients)"
  }

  func channelInactive(context: ChannelHandlerContext) {
    lose(.closed, endedEarly ?? "Redis closed the connection")
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    lose(.closed, endedEarly ?? "the connection to Redis failed")
    context.close(promise: nil)
  }
}

/// The user of one connection to Redis. Told on the connection's loop.
protocol RedisConnectionOwner: AnyObject {
  /// Redis has greeted back: commands can be sent.
  ///
  /// - Parameters:
  ///   - isFenced: whether nothing that an earlier connection has sent can run any more.
  ///   - identity: which connection of which server it is.
  ///   - facts: what the server has said of itself.
  func connectionIsReady(isFenced: Bool, identity: RedisGreeting.Identity, facts: RedisFacts)
  /// What was sent has left room for more.
  func connectionIsWritable()
  /// Redis has sent something: the moment to take all replies that there are by the connection's `next`.
  /// A whole burst is handed over at once so that its owner is counted once, not for each reply.
  func receivedReplies(on connection: RedisConnection)
  /// All that there was to read has been handed over.
  func finishedBurst()
  /// The connection did not come about, or is of no use any more; told once, and nothing after it.
  func connectionLost(_ cause: LossCause, _ reason: String)
}

/// Why a connection to Redis was given up, or did not come about.
public enum LossCause: Int, CaseIterable, Sendable {
  /// Redis closed it, or the network did.
  case closed
  /// It could not be made, or not in time.
  case connectFailed
  /// Redis refused the greeting: user, password, database, or it is still loading; or it is too old.
  case greetingRefused
  /// A command was not answered in time.
  case commandTimeout
  /// What Redis sent was not RESP2, or not asked for.
  case protocolError
  /// Redis takes no writes any more (READONLY): it has become a replica.
  case readOnly
}

extension Error {
  /// Why a connection did not come about, as the system says it.
  var forPeople: String {
    switch self {
    case let error as IOError:
      SystemError.text(error.errnoCode)
    case let error as NIOConnectionError:
      error.connectionErrors.first?.error.forPeople ?? "\(error.host) has no address"
    default:
      "\(self)"
    }
  }
}
