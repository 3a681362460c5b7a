import Logging
import NIOCore
import NIOPosix
import Support

@testable import CloakroomRedis

/// Drives one subscriber on its event loop, and writes down what it tells.
final class SubscriberHarness: Sendable {
  /// What a subscriber has told.
  enum Note: Sendable, Equatable {
    case confirmed(String)
    case refused(String, String)
    case received(String, on: String)
    case lost(LossCause)
    case down(String)
    case connected
  }

  private final class Port: RedisSubscriberDelegate {
    let subscriber: RedisSubscriber
    var notes: [Note] = []

    init(_ subscriber: RedisSubscriber) {
      self.subscriber = subscriber
      subscriber.start(delegate: self)
    }

    func confirmed(_ topic: RedisTopic) { notes.append(.confirmed(String(buffer: topic.bytes))) }
    func refused(_ topic: RedisTopic, code: String) {
      notes.append(.refused(String(buffer: topic.bytes), code))
    }
    func received(_ message: ByteBuffer, on name: ByteBuffer, through topic: RedisTopic) {
      notes.append(.received(String(buffer: message), on: String(buffer: name)))
    }
    func lost(_ cause: LossCause) { notes.append(.lost(cause)) }
    func down(_ reason: String) { notes.append(.down(reason)) }
    func connected() { notes.append(.connected) }
    func finishedBurst() {}
  }

  private let loop: any EventLoop
  private let port: NIOLoopBound<Port>

  init(_ target: RedisTarget, messageLimit: Int = 1 << 20) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    self.loop = loop
    port = try await loop.submit {
      let logger = Logger(label: "subscriber") { _ in SwiftLogNoOpLogHandler() }
      let subscriber = RedisSubscriber(
        on: loop, to: target, messageLimit: messageLimit, logger: logger)
      return NIOLoopBound(Port(subscriber), eventLoop: loop)
    }.get()
  }

  /// Wants names, all in one turn of the loop.
  func subscribe(_ names: String...) async throws -> [RedisFailure?] {
    let port = port
    return try await loop.submit {
      names.map { port.value.subscriber.subscribe(.name(ByteBuffer(string: $0))) }
    }.get()
  }

  /// Lets names go.
  func unsubscribe(_ names: String...) async throws {
    let port = port
    try await loop.submit {
      for name in names { port.value.subscriber.unsubscribe(.name(ByteBuffer(string: name))) }
    }.get()
  }

  /// What was told so far.
  var notes: [Note] {
    get async throws {
      let port = port
      return try await loop.submit { port.value.notes }.get()
    }
  }

  /// Waits until something was told a number of times.
  func wait(for note: Note, times: Int = 1) async throws {
    try await eventually(that: "\(note), \(times) times") {
      try await notes.count { $0 == note } >= times
    }
  }

  func close() async throws {
    let port = port
    try await loop.submit { port.value.subscriber.close() }.get()
  }
}
