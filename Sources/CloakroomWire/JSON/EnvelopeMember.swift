/// The members of a JSON-RPC 2.0 request object that mean something; all others are skipped.
enum EnvelopeMember {
  case version, id, method, params

  /// The member that a name stands for, nil for any other name. A name may be written with
  /// escapes; that rare one is decoded first.
  @inline(__always)
  init?(_ name: ByteRange, hasEscapes: Bool, in text: RawSpan) {
    if hasEscapes {
      self.init(decoding: name, in: text)
    } else {
      self.init(name, in: text)
    }
  }

  private init?(_ name: ByteRange, in text: RawSpan) {
    switch name.count {
    case 2 where name.holds("id", in: text): self = .id
    case 6 where name.holds("method", in: text): self = .method
    case 6 where name.holds("params", in: text): self = .params
    case 7 where name.holds("jsonrpc", in: text): self = .version
    default: return nil
    }
  }

  @inline(never)
  private init?(decoding name: ByteRange, in text: RawSpan) {
    // Six bytes a letter: nothing longer can be one of the names.
    guard name.count <= 42 else { return nil }
    var decoded: [UInt8] = []
    guard (try? JSONString.decode(text, name, into: &decoded)) != nil else { return nil }
    self.init(ByteRange(0..<decoded.count), in: decoded.span.bytes)
  }

  /// Whether a string's content is the one version that the protocol has.
  @inline(__always)
  static func isVersion(_ content: ByteRange, hasEscapes: Bool, in text: RawSpan) -> Bool {
    hasEscapes ? isEscapedVersion(content, in: text) : content.holds("2.0", in: text)
  }

  @inline(never)
  private static func isEscapedVersion(_ content: ByteRange, in text: RawSpan) -> Bool {
    guard content.count <= 18 else { return false }
    var decoded: [UInt8] = []
    guard (try? JSONString.decode(text, content, into: &decoded)) != nil else { return false }
    return ByteRange(0..<decoded.count).holds("2.0", in: decoded.span.bytes)
  }
}
