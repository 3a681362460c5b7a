internal import CloakroomWire
internal import NIOCore
internal import NIOHTTP1

/// A request of HTTP, as the call that it stands for.
struct HTTPRequest {
  /// What is to be done.
  enum Work {
    /// A text of JSON-RPC is to be called.
    case call(ByteBuffer)
    /// It is answered at once.
    case refusal(HTTPResponse)
  }

  /// What becomes of the reply.
  private enum Shape {
    /// It is the response.
    case reply
    /// Its result is, with a status that says whether all is well.
    case health
    /// Its result is, which is a text.
    case text
    /// Its result is.
    case result
  }

  let work: Work
  let isKeepAlive: Bool
  /// How many bytes its text has.
  var heldBytes: Int { if case .call(let text) = work { text.readableBytes } else { 0 } }
  private let shape: Shape

  /// A request that was read whole.
  init(_ head: HTTPRequestHead, body: ByteBuffer) {
    isKeepAlive = head.isKeepAlive
    let path = head.uri.prefix { $0 != "?" }
    guard let (method, route, shape) = Self.route(path) else {
      work = .refusal(.text(.notFound, "there are POST / and GET /health, /metrics, /openrpc.json"))
      self.shape = .reply
      return
    }
    self.shape = shape
    guard head.method == method else {
      work = .refusal(.text(.methodNotAllowed, "this is for \(method.rawValue)", allowing: method))
      return
    }
    work = .call(
      route.map { ByteBuffer(string: #"{"jsonrpc":"2.0","id":0,"method":"\#($0)"}"#) } ?? body)
  }

  /// A request that can't be taken.
  init(refusal status: HTTPResponseStatus, _ text: String) {
    work = .refusal(.text(status, text))
    isKeepAlive = false
    shape = .reply
  }

  /// What a path stands for: the method of HTTP that it takes, and the call if that is not the body.
  private static func route(
    _ path: Substring
  ) -> (method: HTTPMethod, call: String?, shape: Shape)? {
    switch path {
    case "/": (.POST, nil, .reply)
    case "/health": (.GET, "system.health", .health)
    case "/metrics": (.GET, "system.metrics", .text)
    case "/openrpc.json": (.GET, "rpc.discover", .result)
    default: nil
    }
  }

  /// The response that a reply comes to.
  func response(to reply: consuming ByteBuffer) -> HTTPResponse {
    if case .reply = shape { return .json(.ok, reply) }
    guard let node = try? JSONNode(Array(reply.readableBytesView)), let result = node["result"]
    else { return .json(Self.status(ofError: reply), reply) }
    let bytes = ByteBuffer(bytes: result.bytes)
    switch shape {
    case .health:
      return .json(result["status"]?.string == "ok" ? .ok : .serviceUnavailable, bytes)
    case .text:
      return HTTPResponse(
        status: .ok, type: "text/plain; version=0.0.4; charset=utf-8",
        body: ByteBuffer(string: result.string ?? ""))
    case .reply, .result:
      return .json(.ok, bytes)
    }
  }

  private static func status(ofError reply: ByteBuffer) -> HTTPResponseStatus {
    let node = try? JSONNode(Array(reply.readableBytesView))
    switch node?["error"]?["data"]?["reason"]?.string {
    case "FORBIDDEN": return .forbidden
    case "RATE_LIMITED": return .tooManyRequests
    case "OVERLOADED", "UNAVAILABLE": return .serviceUnavailable
    default: return .internalServerError
    }
  }
}

/// A response of HTTP.
struct HTTPResponse {
  var status: HTTPResponseStatus
  var type = "application/json"
  var body: ByteBuffer?
  /// The one method that the path takes.
  var allowed: HTTPMethod?

  init(
    status: HTTPResponseStatus, type: String = "application/json", body: ByteBuffer? = nil,
    allowing allowed: HTTPMethod? = nil
  ) {
    self.status = status
    self.type = type
    self.body = body
    self.allowed = allowed
  }

  /// A response of JSON.
  static func json(_ status: HTTPResponseStatus, _ body: ByteBuffer) -> HTTPResponse {
    HTTPResponse(status: status, body: body)
  }

  /// A response that says in a line why there is no other.
  static func text(
    _ status: HTTPResponseStatus, _ text: String, allowing allowed: HTTPMethod? = nil
  ) -> HTTPResponse {
    HTTPResponse(
      status: status, type: "text/plain; charset=utf-8", body: ByteBuffer(string: text + "\n"),
      allowing: allowed)
  }

  /// What is sent of it; the memory of its body, where that has room before it.
  ///
  /// - Parameter isLast: whether the connection is closed behind it.
  consuming func bytes(isLast: Bool) -> ByteBuffer {
    var text = body.take()
    var head = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
    if let text {
      head += "Content-Type: \(type)\r\nContent-Length: \(text.readableBytes)\r\n"
    }
    if let allowed { head += "Allow: \(allowed.rawValue)\r\n" }
    if isLast { head += "Connection: close\r\n" }
    head += "\r\n"
    text?.prepend(head)
    return text ?? ByteBuffer(string: head)
  }
}
