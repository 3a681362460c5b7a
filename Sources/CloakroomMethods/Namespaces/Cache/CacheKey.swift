internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// A key made of a value: the same for all texts that mean the same.
enum CacheKey {
  /// How long the value's text is at most, in bytes: to sort and to write it anew takes time, which an event
  /// loop has for what filters a list and not for the list.
  static let longestValue = 64 << 10

  /// The prefix, and the SHA-256 of the value's canonical form (RFC 8785) in hexadecimal.
  ///
  /// - Throws: INVALID_PARAMS with the place of what has no canonical form, TOO_LARGE for a long value.
  static func make(of value: ByteBuffer, prefix: String) throws(RPCError) -> String {
    guard value.readableBytes <= longestValue else {
      throw RPCError(.tooLarge, "value has at most \(longestValue) bytes")
    }
    do throws(CanonicalJSON.Fault) {
      let text = try CanonicalJSON.text(of: Array(value.readableBytesView))
      return prefix + Fingerprint.text(of: ByteBuffer(bytes: text))
    } catch {
      throw RPCError(error)
    }
  }
}

extension RPCError {
  /// What a text has no canonical form for.
  fileprivate init(_ fault: CanonicalJSON.Fault) {
    switch fault {
    case .number(let place):
      self.init(
        .invalidParams, "value has a number that no double holds: it would be taken for another",
        details: [.text("pointer", place)])
    case .loneSurrogate(let place):
      self.init(
        .invalidParams, "value has half of a surrogate pair", details: [.text("pointer", place)])
    case .duplicate(let place):
      self.init(.invalidParams, "value has a name twice", details: [.text("pointer", place)])
    case .syntax:
      self.init(.internal)
    }
  }
}
