internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The results' JSON is written straight into the reply, piece by piece.
extension ByteBuffer {
  /// Writes `true` or `false`.
  mutating func writeJSON(_ value: Bool) { writeStaticString(value ? "true" : "false") }

  /// Writes a value from the store as it is, in one line.
  ///
  /// - Parameters:
  ///   - head: what stands before the value.
  ///   - tail: what stands behind it.
  /// - Throws: STORE_REFUSED when what is stored is not JSON: another program wrote it, and passing
  ///   it on could break the reply open.
  mutating func writeStored(
    _ value: ByteBuffer, after head: StaticString = "", before tail: StaticString = ""
  ) throws(RPCError) {
    let hasLineBreaks: Bool
    do throws(JSONFault) {
      hasLineBreaks = try JSONScanner.validateAndFindLineBreaks(
        value.readableBytesSpan, depthLimit: JSONScanner.greatestDepthLimit)
    } catch {
      throw RPCError(
        .storeRefused, "what is stored under that key is not JSON",
        details: [.text("code", "NOTJSON")])
    }
    guard !hasLineBreaks else {
      // Only another program can have written one: what arrives in a call is put into one line.
      writeStaticString(head)
      writeOnOneLine(ByteRange(0..<value.readableBytes), of: value.readableBytesSpan)
      writeStaticString(tail)
      return
    }
    write(atMost: value.readableBytes + head.utf8CodeUnitCount + tail.utf8CodeUnitCount) {
      $0.write(head)
      $0.write(value)
      $0.write(tail)
    }
  }
}

extension StoreReply {
  /// The failure that a reply is, thrown.
  func orThrow() throws(RPCError) -> StoreReply {
    if case .failure(let error) = self { throw error }
    return self
  }

  /// What to throw of a reply that is none that its command gives: the failure that it is, or else that
  /// it is unexpected. Unlike `orThrow` it leaves a reply that was expected where it is.
  var unexpected: RPCError {
    if case .failure(let error) = self { error } else { .unexpectedReply }
  }
}
