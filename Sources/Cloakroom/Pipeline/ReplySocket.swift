internal import Glibc
internal import NIOCore

/// A connection's socket, for sending replies straight to it.
///
/// Most replies fit into the socket's buffer. For these the channel's queue of writes, which keeps
/// what the socket does not take, is a third of the time that sending takes; what the socket does
/// not take is left to the channel.
///
/// The channel owns the descriptor and closes it: this is used on the channel's loop only, and not
/// any more once the channel has said that it is inactive. Between the one and the other nothing is
/// called but the promises of writes, whose failure must not lead here.
struct ReplySocket {
  /// The result of sending bytes.
  enum Outcome {
    /// The socket has taken all.
    case sent
    /// It has not taken all; what is left is what the buffer still has.
    case full
    /// The client is gone.
    case failed
  }

  private let descriptor: NIOBSDSocket.Handle

  /// The socket of a channel; nil when it has none. Not for a channel with a handler that changes
  /// the bytes on their way (TLS): what is sent here goes past it.
  init?(of channel: any Channel) {
    let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { $0 }
    guard let descriptor else { return nil }
    self.descriptor = descriptor
  }

  /// Sends as much as the socket takes without waiting (send(2)), and moves the buffer's reader
  /// index over that.
  func send(_ buffer: inout ByteBuffer) -> Outcome {
    while buffer.readableBytes > 0 {
      let count = buffer.withUnsafeReadableBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      }
      if count > 0 {
        buffer.moveReaderIndex(forwardBy: count)
      } else if count == 0 || errno == EAGAIN {
        return .full
      } else if errno != EINTR {
        return .failed
      }
    }
    return .sent
  }
}
