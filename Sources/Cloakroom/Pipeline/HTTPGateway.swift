internal import CloakroomCore
internal import CloakroomWire
internal import DequeModule
internal import NIOCore
internal import NIOHTTP1

/// HTTP/1.1 on a client's connection, for curl, probes and collectors: requests are turned into calls of JSON-RPC,
/// one after the other, and their replies into responses.
///
/// A connection has one only once its first bytes have shown that its client speaks HTTP.
final class HTTPGateway: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  /// How long the target and the headers of a request may be, together.
  private static let headLimit = 16 << 10

  /// What a connection that speaks HTTP is taken to cost beside the texts of its requests, in bytes: the head that is
  /// read, which the decoder doesn't show, as up to 256 pairs of texts.
  static let perConnection = 24 << 10

  /// So much is read at a time: the decoder takes all of it apart in one turn of the loop, and a request may have
  /// as few as 18 bytes.
  private static let readBytes = 16 << 10

  /// Strong, and let go with the channel.
  private var connection: ClientConnection?
  private let bodyLimit: Int
  /// What is being read.
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()
  /// Requests that have been read whole.
  private var waiting = Deque<HTTPRequest>()
  /// What has been called and was not answered yet.
  private var current: HTTPRequest?
  /// Whether the current call was handed over with all of its members.
  private var isHandedOver = false
  /// Whether nothing more is read, as nobody knows where it would begin, or nobody will answer it.
  private var isClosing = false

  /// - Parameters:
  ///   - connection: the connection that calls are made for.
  ///   - bodyLimit: how long a body may be.
  init(_ connection: ClientConnection, bodyLimit: Int) {
    self.connection = connection
    self.bodyLimit = bodyLimit
  }

  /// Whether a request waits, or is under way.
  var isBusy: Bool { current != nil || !waiting.isEmpty }

  /// Whether enough has been read: the next request waits for the one that is under way.
  var isFull: Bool { !waiting.isEmpty }

  /// Whether the connection is to be closed once all is answered.
  private(set) var isOver = false

  /// How many bytes are held, of requests that were not handed over and of what there is for every connection.
  var heldBytes: Int {
    Self.perConnection + body.readableBytes + waiting.reduce(0) { $0 + $1.heldBytes }
  }

  /// Takes bytes apart into requests.
  static func decoder() -> HTTPRequestDecoder {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = headLimit
    limits.maxHeaderListSize = headLimit
    return HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
  }

  /// Has no more read in a turn of the loop than may be taken apart in one.
  static func limitReading(by options: some NIOSynchronousChannelOptions) throws {
    try options.setOption(.maxMessagesPerRead, value: 1)
    try options.setOption(
      .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readBytes))
  }

  // MARK: Bytes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head)
    case .body(let part): take(part)
    case .end: end()
    }
    connection?.httpArrived()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is HTTPParserError else { return context.fireErrorCaught(error) }
    guard !isClosing else { return }
    if case HTTPParserError.headerOverflow = error {
      refuse(
        .requestHeaderFieldsTooLarge,
        "a request has at most 256 headers, and they and its target \(Self.headLimit) bytes together"
      )
    } else {
      refuse(.badRequest, "this is no HTTP/1.1")
    }
    connection?.httpArrived()
  }

  /// The client is gone: nobody reads what its call is answered, and what has waited behind that is not begun.
  func leave() {
    isOver = true
    isClosing = true
    current = nil
    waiting.removeAll()
    body = ByteBuffer()
  }

  func handlerRemoved(context: ChannelHandlerContext) { connection = nil }

  private func begin(_ head: HTTPRequestHead) {
    self.head = head
    body.clear()
    guard head.method == .POST else { return }
    guard !head.headers.contains(name: "transfer-encoding"),
      let length = head.headers.first(name: "content-length").flatMap({ Int($0) })
    else { return refuse(.lengthRequired, "a call needs a Content-Length") }
    guard length <= bodyLimit else {
      return refuse(.payloadTooLarge, "a request has at most \(bodyLimit) bytes")
    }
    // curl waits for it before it sends more than a little.
    if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
      connection?.write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
    }
  }

  private func take(_ part: ByteBuffer) {
    // A body of another method is of no interest; its length has been bounded by nobody.
    guard head?.method == .POST, body.readableBytes + part.readableBytes <= bodyLimit else {
      return
    }
    body.writeImmutableBuffer(part)
  }

  private func end() {
    guard let head else { return }
    self.head = nil
    waiting.append(HTTPRequest(head, body: body))
    if !head.isKeepAlive { isClosing = true }
    body = ByteBuffer()
  }

  /// Answers a request that nothing more can be read behind.
  private func refuse(_ status: HTTPResponseStatus, _ text: String) {
    isClosing = true
    head = nil
    waiting.append(HTTPRequest(refusal: status, text))
  }

  // MARK: Calls

  /// Makes the next call, if none is under way.
  ///
  /// - Parameter call: takes a text of JSON-RPC.
  /// - Returns: how long its body is; nil when there was no request.
  func makeNext(_ call: (ByteBuffer) -> Void) -> Int? {
    guard !isOver, current == nil, let next = waiting.popFirst() else { return nil }
    current = next
    switch next.work {
    case .call(let text):
      let count = text.readableBytes
      handOver { call(text) }
      return count
    case .refusal(let response):
      respond(response)
      return 0
    }
  }

  /// Has the calls of the current request begin, or the rest of them.
  func handOver(_ begin: () -> Void) {
    isHandedOver = false
    begin()
    isHandedOver = true
    ended()
  }

  /// Takes the reply to the current call.
  func reply(_ text: consuming ByteBuffer) {
    guard let current else { return }
    respond(current.response(to: text))
  }

  /// A call has ended; if it was the last of the current request, and nothing was to be answered, that is said.
  func ended() {
    guard isHandedOver, current != nil, let connection, connection.inFlight == 0,
      !connection.hasUnstarted
    else { return }
    respond(HTTPResponse(status: .noContent))
  }

  private func respond(_ response: consuming HTTPResponse) {
    guard let request = current else { return }
    current = nil
    let isLast = !request.isKeepAlive || connection?.isStopping != false
    if isLast {
      isOver = true
      isClosing = true
      waiting.removeAll()
    }
    connection?.write(response.bytes(isLast: isLast))
  }
}
