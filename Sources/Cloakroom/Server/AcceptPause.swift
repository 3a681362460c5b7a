internal import Glibc
internal import NIOCore

/// Takes no connections while the process, or the machine, has no file descriptors left.
///
/// A connection that can't be accepted stays in the kernel's queue, and the kernel says again at once that one is
/// there: a loop that went on trying would do nothing else.
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private static let pause = TimeAmount.milliseconds(100)

  private let room: ConnectionRoom

  /// - Parameter room: is told when taking connections stops and goes on.
  init(_ room: ConnectionRoom) { self.room = room }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, Self.isShortage(error.errnoCode) else {
      return context.fireErrorCaught(error)
    }
    room.ranOut(error.errnoCode)
    context.channel.setOption(.autoRead, value: false).whenComplete { _ in }
    tryAgain(on: context.channel)
  }

  private static func isShortage(_ error: CInt) -> Bool {
    [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error)
  }

  private func tryAgain(on channel: any Channel) {
    let room = room
    channel.eventLoop.scheduleRepeatedTask(initialDelay: Self.pause, delay: Self.pause) { task in
      guard channel.isActive else { return task.cancel() }
      guard Self.isThereRoom else { return }
      task.cancel()
      room.isBack()
      channel.setOption(.autoRead, value: true).whenComplete { _ in }
    }
  }

  /// Whether a file can be opened.
  private static var isThereRoom: Bool {
    let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }
}
