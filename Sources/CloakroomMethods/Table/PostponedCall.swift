public import CloakroomCore
public import CloakroomStore
internal import CloakroomWire
public import NIOCore

/// A call that was let in and whose beginning takes too long for an event loop: it is begun on another thread, in
/// arguments of its own.
///
/// A class, so that a place for one is small in every call that has none.
public final class PostponedCall: Sendable {
  private let text: ByteBuffer
  private let permit: Permit
  private let method: Method
  private let settings: Settings
  private let depthLimit: Int

  /// How a call has begun.
  public struct Beginning: Sendable {
    /// The first step, or why there is none.
    public let opening: Result<Opening, RPCError>
    /// What the access log will say of it; kept only when there is a log.
    public let notes: CallNotes
    /// Where the answers to its mutations are kept.
    public let idempotency: IdempotencyRecord?
    /// Whether a key of it was longer than a key may be.
    public let hasLongKey: Bool
  }

  /// - Parameters:
  ///   - text: the request, and nothing else.
  ///   - permit: what admission gave the call.
  public init(
    _ text: ByteBuffer, _ permit: Permit, _ method: Method, settings: Settings, depthLimit: Int
  ) {
    self.text = text
    self.permit = permit
    self.method = method
    self.settings = settings
    self.depthLimit = depthLimit
  }

  /// How many bytes it has.
  public var byteCount: Int { text.readableBytes }

  /// Reads its parameters, on whatever thread this is.
  ///
  /// - Parameter keepsNotes: whether there is a log to keep notes for.
  public func begin(keepsNotes: Bool) -> Beginning {
    let text = text
    var arguments = Arguments(settings: settings, depthLimit: depthLimit)
    arguments.notes = CallNotes(isKept: keepsNotes)
    let opening: Result<Opening, RPCError>
    do throws(RPCError) {
      do throws(JSONFault) {
        try arguments.scanner.scan(text.readableBytesSpan)
      } catch {
        // It was scanned before.
        throw RPCError(.internal)
      }
      try arguments.begin(method, request: text, permit: permit)
      opening = .success(try self.opening(&arguments))
    } catch {
      opening = .failure(error)
    }
    arguments.end()
    return Beginning(
      opening: opening, notes: arguments.notes, idempotency: arguments.idempotency,
      hasLongKey: arguments.hasLongKey)
  }

  private func opening(_ arguments: inout Arguments) throws(RPCError) -> Opening {
    switch method.work {
    case .procedure(let begin):
      return arguments.idempotent(try begin(&arguments))
    case .primitive(let begin, let end):
      let command = arguments.idempotent(try begin(&arguments))
      let context = arguments.replyContext
      return .ask(command) { reply, _, result throws(RPCError) in
        try end(reply, context, &result)
        return nil
      }
    case .many, .repeated, .subscription, .system:
      throw RPCError(.internal)
    }
  }
}
