internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// Makes of what is published under an event's name what is written to subscribers: an envelope in one line.
///
/// A sidecar's own envelopes are passed on as they are. Those of other programs may have their members in
/// any order and spacing; any other JSON of theirs is the data of an event. All subscribers of a loop are
/// told of a message one after the other, so the last answer is kept.
struct EnvelopeReader {
  private var last = ByteBuffer()
  private var lastPrefixCount = 0
  private var lastEnvelope: ByteBuffer?

  /// The envelope of a message; nil for what is no JSON, or could be taken for another subscription's.
  ///
  /// - Parameters:
  ///   - name: the name that it was published under in the store.
  ///   - prefixCount: how many of the name's bytes stand before the channel's own.
  mutating func envelope(
    of message: ByteBuffer, on name: ByteBuffer, after prefixCount: Int
  ) -> ByteBuffer? {
    guard !isLast(message) || prefixCount != lastPrefixCount else { return lastEnvelope }
    last = message
    lastPrefixCount = prefixCount
    lastEnvelope = Self.read(message, on: name.readableBytesView.dropFirst(prefixCount))
    return lastEnvelope
  }

  /// Lets go of the last message.
  mutating func forget() {
    last = ByteBuffer()
    lastEnvelope = nil
  }

  /// Whether it is the very same bytes in memory; they are the same ones as long as they are held.
  private func isLast(_ message: ByteBuffer) -> Bool {
    last.withUnsafeReadableBytes { old in
      message.withUnsafeReadableBytes { new in
        !old.isEmpty && old.baseAddress == new.baseAddress && old.count == new.count
      }
    }
  }

  private static let head = Array("{\"type\":\"".utf8)
  private static let data = Array(",\"data\":".utf8)

  private static func read(_ message: ByteBuffer, on channel: ByteBufferView) -> ByteBuffer? {
    let bytes = message.readableBytesView
    if isOneLine(bytes), isWrittenAsHere(bytes), isWithoutSubscription(message) { return message }
    guard let node = try? JSONNode(Array(bytes)) else { return nil }
    let members = node.members
    let isEnvelope =
      members.contains { $0.name == "type" && $0.value.kind == .string }
      && members.contains { $0.name == "data" }
    guard isEnvelope else { return wrapped(node, on: channel) }
    // The name of the subscription is put before the envelope's own members.
    guard !members.contains(where: { $0.name == "subscription" }) else { return nil }
    var envelope = ByteBuffer()
    envelope.writeOnOneLine(node)
    return envelope
  }

  /// Whether it has no raw CR or LF, which JSON may have between its tokens.
  private static func isOneLine(_ bytes: ByteBufferView) -> Bool {
    !bytes.contains(UInt8(ascii: "\n")) && !bytes.contains(UInt8(ascii: "\r"))
  }

  /// Whether a message begins as envelopes do that a sidecar has written: with the type, then the data.
  private static func isWrittenAsHere(_ bytes: ByteBufferView) -> Bool {
    guard bytes.starts(with: head) else { return false }
    let type = bytes.dropFirst(head.count)
    guard let end = type.firstIndex(of: UInt8(ascii: "\"")) else { return false }
    return type[end...].dropFirst().starts(with: data)
  }

  /// So many members an envelope has at most that is passed on as it is.
  private static let membersAtMost = 16

  /// Whether it is JSON, an object, and certainly none of its members is the name of a subscription.
  private static func isWithoutSubscription(_ message: ByteBuffer) -> Bool {
    let text = message.readableBytesSpan
    let whole = ByteRange(0..<message.readableBytes)
    return JSONParts.of(whole, in: text, atMost: membersAtMost)?.allSatisfy {
      !$0.nameHasEscapes && !$0.name.holds("subscription", in: text)
    } ?? false
  }

  /// An envelope around data that were published without one; nil where the channel's name is no text.
  private static func wrapped(_ node: JSONNode, on channel: ByteBufferView) -> ByteBuffer? {
    guard let channel = String(validating: channel, as: UTF8.self) else { return nil }
    var envelope = ByteBuffer()
    envelope.writeStaticString("{\"type\":")
    envelope.writeJSONString(channel)
    envelope.writeStaticString(",\"data\":")
    envelope.writeOnOneLine(node)
    envelope.writeStaticString(",\"timestamp\":\"")
    envelope.writeBytes(Timestamp.now.text)
    envelope.writeStaticString("\"}")
    return envelope
  }
}

extension ByteBuffer {
  fileprivate mutating func writeOnOneLine(_ node: JSONNode) {
    let text = ByteBuffer(bytes: node.bytes)
    writeOnOneLine(ByteRange(0..<text.readableBytes), of: text.readableBytesSpan)
  }
}
