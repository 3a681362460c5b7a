internal import NIOCore

/// What one connection tells its link. A connection that was discarded has no link any more, so
/// that nothing it still says is taken for an answer.
final class RedisChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// Whom to tell; nil once the connection was discarded.
  var link: RedisLink?

  init(link: RedisLink) { self.link = link }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    link?.received(unwrapInboundIn(data))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    link?.finishedBurst()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { link?.flush() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    link?.disconnected(.closed, "Redis closed the connection")
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    link?.disconnected(.closed, "the connection to Redis failed")
    context.close(promise: nil)
  }
}
