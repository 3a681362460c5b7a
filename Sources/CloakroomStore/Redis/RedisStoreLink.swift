internal import CloakroomCore
public import CloakroomRedis
public import Logging
public import NIOCore

/// One event loop's way to a store that is Redis.
public final class RedisStoreLink: StoreLink {
  /// Why commands are refused at once; nil while they are not.
  public var downReason: String? { link.downReason }
  /// What has happened on the connection so far.
  public var counters: StoreLinkCounters { link.counters }

  private let link: RedisLink
  /// Strong, and let go in `close`: a weak one would make each use of the sink's count slower.
  private var sink: (any StoreSink)?

  /// A way to Redis that is not open yet; made on its loop.
  public init(on loop: any EventLoop, to target: RedisTarget, logger: Logger) {
    link = RedisLink(on: loop, to: target, scripts: RedisScripts.all, logger: logger)
  }

  /// Connects, and hands all replies to a sink from now on.
  public func start(sink: any StoreSink) {
    self.sink = sink
    link.start(delegate: self)
  }

  /// Gives up the connection; whatever still waits is answered with a failure.
  public func close() {
    link.close()
    sink = nil
  }

  /// Hands a command to Redis with the next flush of the loop's tick.
  public func submit(_ command: consuming StoreCommand, ticket: StoreTicket) {
    switch command {
    case .get(let key):
      send(ticket, .value, .read) {
        $0.writeCommand("GET", arguments: 1)
        $0.writeArgument(key.bytes)
      }
    case .set(let key, let value, .after(let life), let condition) where condition.isPlain:
      send(ticket, .stored, condition == .none ? .idempotentWrite : .write) {
        $0.writeCommand("SET", arguments: condition == .none ? 4 : 5)
        $0.writeArgument(key.bytes)
        $0.writeArgument(value)
        $0.writeArgument("PX")
        $0.writeArgument(life.milliseconds)
        if condition == .absent { $0.writeArgument("NX") }
        if condition == .present { $0.writeArgument("XX") }
      }
    case .set(let key, let value, let expiry, let condition):
      send(ticket, .storedConditionally, condition == .none ? .idempotentWrite : .write) {
        $0.writeScript(RedisScripts.setConditionally, key: key, arguments: 5)
        $0.writeArgument(value)
        $0.writeArgument(condition)
        $0.writeArgument(expiry)
      }
    case .exists(let key):
      send(ticket, .boolean, .read) {
        $0.writeCommand("EXISTS", arguments: 1)
        $0.writeArgument(key.bytes)
      }
    case .remove(let key):
      send(ticket, .boolean, .write) {
        $0.writeCommand("UNLINK", arguments: 1)
        $0.writeArgument(key.bytes)
      }
    case .expire(let key, let expiry):
      expire(key, expiry, ticket)
    case .take(let key):
      send(ticket, .value, .write) {
        $0.writeCommand("GETDEL", arguments: 1)
        $0.writeArgument(key.bytes)
      }
    case .getWithMeta(let key):
      send(ticket, .entry, .read) {
        $0.writeScript(RedisScripts.getWithMeta, key: key, arguments: 0)
      }
    case .getMany(let keys):
      send(ticket, .values, .read) {
        $0.writeCommand("MGET", arguments: keys.count)
        for key in keys { $0.writeArgument(key.bytes) }
      }
    case .add(let key, let by, let bounds, let expiry):
      send(ticket, .counted, .write) {
        $0.writeScript(RedisScripts.add, key: key, arguments: 4)
        $0.writeArgument(by)
        $0.writeArgument(bounds.lowerBound)
        $0.writeArgument(bounds.upperBound)
        switch expiry {
        case .after(let life), .keep(let life): $0.writeArgument(life.milliseconds)
        case .never: $0.writeArgument("")
        }
      }
    case .ping:
      send(ticket, .done, .read) { $0.writeCommand("PING", arguments: 0) }
    }
  }

  private func expire(_ key: StoreKey, _ expiry: Expiry, _ ticket: StoreTicket) {
    switch expiry {
    case .after(let life):
      send(ticket, .boolean, .idempotentWrite) {
        $0.writeCommand("PEXPIRE", arguments: 2)
        $0.writeArgument(key.bytes)
        $0.writeArgument(life.milliseconds)
      }
    case .never:
      send(ticket, .boolean, .idempotentWrite) {
        $0.writeScript(RedisScripts.persist, key: key, arguments: 0)
      }
    case .keep:
      submit(.exists(key), ticket: ticket)
    }
  }

  @inline(__always)
  private func send(
    _ ticket: StoreTicket, _ shape: RedisReplyShape, _ resend: Resend,
    _ encode: (inout ByteBuffer) -> Void
  ) {
    let context = UInt64(ticket.index) | UInt64(shape.rawValue) << 32
    link.submit(context: context, resend: resend, encode)
  }
}

extension RedisStoreLink: RedisLinkDelegate {
  /// Reads a reply and hands it on.
  public func received(_ reply: borrowing RESPReply, for context: UInt64) {
    guard let shape = RedisReplyShape(rawValue: UInt8(truncatingIfNeeded: context >> 32)) else {
      return
    }
    sink?.complete(ticket(in: context), with: shape.read(reply))
  }

  /// Hands a failure on.
  public func failed(_ failure: RedisFailure, for context: UInt64) {
    sink?.complete(ticket(in: context), with: .failure(RPCError(failure)))
  }

  /// Hands on that all replies that were there have been handed over.
  public func finishedBurst() { sink?.finishedBurst() }

  private func ticket(in context: UInt64) -> StoreTicket {
    StoreTicket(index: UInt32(truncatingIfNeeded: context))
  }
}

extension SetCondition {
  /// Whether SET itself knows the condition.
  fileprivate var isPlain: Bool {
    switch self {
    case .none, .absent, .present: true
    case .matches: false
    }
  }
}

extension ByteBuffer {
  /// Writes the head of a call of a script on one key.
  fileprivate mutating func writeScript(_ script: RedisScript, key: StoreKey, arguments: Int) {
    writeCommand("EVALSHA", arguments: 3 + arguments)
    writeArgument(script.digest)
    writeArgument("1")
    writeArgument(key.bytes)
  }

  fileprivate mutating func writeArgument(_ condition: SetCondition) {
    switch condition {
    case .none:
      writeArgument("none")
      writeArgument("")
    case .absent:
      writeArgument("absent")
      writeArgument("")
    case .present:
      writeArgument("present")
      writeArgument("")
    case .matches(let etag):
      writeArgument("match")
      writeArgument(etag)
    }
  }

  fileprivate mutating func writeArgument(_ expiry: Expiry) {
    switch expiry {
    case .after(let life):
      writeArgument("after")
      writeArgument(life.milliseconds)
    case .keep(let life):
      writeArgument("keep")
      writeArgument(life.milliseconds)
    case .never:
      writeArgument("never")
      writeArgument("")
    }
  }
}
