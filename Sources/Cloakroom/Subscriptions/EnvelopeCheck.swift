internal import CloakroomWire
internal import NIOCore

/// Tells envelopes from other messages that may be published under an event's name.
///
/// What is written to a subscriber must be JSON in one line. All subscribers of a loop are told of a
/// message one after the other, so the last answer is kept.
struct EnvelopeCheck {
  private var last = ByteBuffer()
  private var isLastValid = false

  /// Whether a message is an envelope.
  mutating func isValid(_ message: ByteBuffer) -> Bool {
    guard !isLast(message) else { return isLastValid }
    last = message
    isLastValid = Self.check(message)
    return isLastValid
  }

  /// Lets go of the last message.
  mutating func forget() { last = ByteBuffer() }

  /// Whether it is the very same bytes in memory; they are the same ones as long as they are held.
  private func isLast(_ message: ByteBuffer) -> Bool {
    last.withUnsafeReadableBytes { old in
      message.withUnsafeReadableBytes { new in
        !old.isEmpty && old.baseAddress == new.baseAddress && old.count == new.count
      }
    }
  }

  /// Whether a member could be taken for the name of the subscription, which is put before the envelope's own.
  private static func namesSubscription(_ bytes: ByteBufferView) -> Bool {
    // Few messages have the word, or a name with an escape in it.
    guard bytes.contains(UInt8(ascii: "\\")) || bytes.firstRange(of: word) != nil,
      let envelope = try? JSONNode(Array(bytes))
    else { return false }
    return envelope["subscription"] != nil
  }

  private static let word = Array("\"subscription\"".utf8)
  private static let head = Array("{\"type\":\"".utf8)

  private static func check(_ message: ByteBuffer) -> Bool {
    let bytes = message.readableBytesView
    guard
      bytes.starts(with: head), !bytes.contains(UInt8(ascii: "\n")),
      !bytes.contains(UInt8(ascii: "\r"))
    else { return false }
    do throws(JSONFault) {
      try JSONScanner.validate(
        message.readableBytesSpan, depthLimit: JSONScanner.greatestDepthLimit)
      return !namesSubscription(bytes)
    } catch {
      return false
    }
  }
}
