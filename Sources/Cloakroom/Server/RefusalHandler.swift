internal import NIOCore

/// Tells a client that there is no place for it, and closes.
///
/// It waits until the channel is active: what is written before that is never sent.
final class RefusalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let text: ByteBuffer

  /// - Parameter text: what the client reads.
  init(_ text: ByteBuffer) { self.text = text }

  func channelActive(context: ChannelHandlerContext) {
    // A handler is called on its channel's loop, and the write's future is of that loop: this can't
    // be anywhere else.
    context.writeAndFlush(wrapOutboundOut(text)).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
