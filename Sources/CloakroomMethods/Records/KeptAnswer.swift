internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// What is kept of a call on a record, to be told again when the call is repeated with its idempotency key:
/// the result's JSON, or the refusal. A refusal says how things stood, and is as much an answer as a result.
///
/// As text: a version, by which a call knows its own answer; `=` and the result, or `!` and the error as
/// JSON-RPC has it. With a secret in it, it has no version and is sealed, no two alike.
struct KeptAnswer {
  /// The answer as it is kept.
  let note: ByteBuffer

  /// - Throws: UNAVAILABLE when there is no key to seal it by.
  init(
    _ answer: Result<ByteBuffer, RPCError>, _ version: RecordVersion, sealed secret: SecretAnswer?
  ) throws(RPCError) {
    var text = ByteBuffer()
    switch answer {
    case .success(let result):
      text.writeStaticString("=")
      text.writeImmutableBuffer(result)
    case .failure(let error):
      text.writeStaticString("!")
      text.writeJSON(error)
    }
    if let secret {
      note = try secret.seal(text)
    } else {
      var note = version.text
      note.writeImmutableBuffer(text)
      self.note = note
    }
  }

  /// Reads an answer that was kept.
  ///
  /// - Throws: the error that was kept; CONFLICT when its key is not here, STORE_REFUSED when it is no
  ///   answer that this version can read.
  static func result(of note: ByteBuffer, sealed secret: SecretAnswer?) throws(RPCError)
    -> ByteBuffer
  {
    var text = note
    if let secret {
      text = try secret.open(note)
    } else {
      guard note.readableBytes > RecordVersion.length else { throw unreadable }
      text.moveReaderIndex(forwardBy: RecordVersion.length)
    }
    switch text.readInteger(as: UInt8.self) {
    case UInt8(ascii: "="): return text
    case UInt8(ascii: "{") where secret != nil:
      // A result and no more, as it was kept up to version 0.1.
      text.moveReaderIndex(to: text.readerIndex - 1)
      return text
    case UInt8(ascii: "!"): throw RPCError(kept: text) ?? unreadable
    default: throw unreadable
    }
  }

  /// The call was done before, by an earlier version of the sidecar for one.
  static let unreadable = RPCError.unreadableAnswer
}

extension RPCError {
  /// Reads an error object that was kept; nil when it is none.
  fileprivate init?(kept text: ByteBuffer) {
    guard let error = try? JSONNode(Array(text.readableBytesView)), let data = error["data"],
      let name = data["reason"]?.string,
      let reason = Reason.allCases.first(where: { $0.name == name })
    else { return nil }
    self.init(
      reason, error["message"]?.string, retryAfterMs: data["retryAfterMs"]?.number,
      details: data["details"]?.details ?? [])
  }
}

extension JSONNode {
  /// A whole number; nil for everything else.
  fileprivate var number: Int64? { integer.map(Int64.init) }

  /// The facts that an object of an error's details has.
  fileprivate var details: [RPCError.Detail] {
    members.compactMap { name, value in
      switch value.kind {
      case .string: value.string.map { .text(name, $0) }
      case .number: value.number.map { .integer(name, $0) }
      case .array: .list(name, value.elements.map(\.details))
      default: nil
      }
    }
  }
}
