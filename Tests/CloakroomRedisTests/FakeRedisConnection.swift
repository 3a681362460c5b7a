import CloakroomRedis
import NIOCore

/// The fake server's end of one connection.
final class FakeRedisConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let backend: FakeRedis.Backend
  private let number: Int
  // A command has the shape of a reply: an array of strings.
  private let reader = RESPReader()
  private var hasHungUp = false

  init(_ backend: FakeRedis.Backend) {
    self.backend = backend
    number = backend.open()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasHungUp, let reader else { return }
    var bytes = ByteBuffer()
    reader.take(unwrapInboundIn(data))
    while !hasHungUp, (try? reader.next()) == true {
      let parts = reader.reply.nodes.dropFirst().map { reader.reply.text(of: $0) }
      switch backend.take(.init(connection: number, parts: Array(parts))) {
      case .send(let text): bytes.writeString(text)
      case .hangUp(let text):
        bytes.writeString(text)
        hasHungUp = true
      case .trickle(let pieces, let pause):
        trickle(pieces[...], pause, to: context.channel)
      }
    }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    if hasHungUp { context.close(promise: nil) }
  }

  private func trickle(_ pieces: ArraySlice<String>, _ pause: TimeAmount, to channel: any Channel) {
    guard let piece = pieces.first else { return }
    channel.eventLoop.assumeIsolated().scheduleTask(in: pause) {
      channel.writeAndFlush(ByteBuffer(string: piece), promise: nil)
      self.trickle(pieces.dropFirst(), pause, to: channel)
    }
  }
}
