/// The members of a JSON-RPC 2.0 request object that mean something; all others are skipped.
enum EnvelopeMember {
  case version, id, method, params

  /// A name, and where its value begins.
  struct Name {
    let member: EnvelopeMember?
    let value: Int
  }

  /// Scans a member's name, as `JSONScanner.scanName` does. Those that every request has are told by
  /// a word each, with the quotes and the colon, as nearly all programs write them.
  @inline(__always)
  static func scanName(_ text: RawSpan, _ at: Int, _ end: Int) throws(JSONFault) -> Name {
    if at &+ 9 <= end {
      let word = text.word(at)
      // "id": with the first letter lowest
      if word & 0xFF_FFFF_FFFF == 0x3A_2264_6922 {
        return Name(member: .id, value: JSONScanner.skipSpace(text, at &+ 5, end).offset)
      }
      if word == methodWord || word == paramsWord, text.byte(at &+ 8) == ASCII.colon {
        return Name(
          member: word == methodWord ? .method : .params,
          value: JSONScanner.skipSpace(text, at &+ 9, end).offset)
      }
    }
    let name = try JSONScanner.scanName(text, at, end)
    return Name(
      member: EnvelopeMember(name.name, hasEscapes: name.hasEscapes, in: text), value: name.value)
  }

  /// `"method"` and `"params"`, the first letter lowest.
  private static var methodWord: UInt64 { 0x2264_6F68_7465_6D22 }
  private static var paramsWord: UInt64 { 0x2273_6D61_7261_7022 }

  /// The member that a name stands for, nil for any other name. A name may be written with
  /// escapes; that rare one is decoded first.
  private init?(_ name: ByteRange, hasEscapes: Bool, in text: RawSpan) {
    if hasEscapes {
      self.init(decoding: name, in: text)
    } else {
      self.init(name, in: text)
    }
  }

  /// Compares a name together with its quotes, which are loaded with it: the range must be that
  /// of a scanned string.
  @inline(__always)
  private init?(_ name: ByteRange, in text: RawSpan) {
    switch name.count {
    case 2 where text.halfWord(name.start &- 1) == 0x2264_6922: self = .id  // "id"
    case 6:
      switch text.word(name.start &- 1) {
      case Self.methodWord: self = .method
      case Self.paramsWord: self = .params
      default: return nil
      }
    case 7 where text.word(name.start) == 0x2263_7072_6E6F_736A: self = .version  // jsonrpc"
    default: return nil
    }
  }

  @inline(never)
  private init?(decoding name: ByteRange, in text: RawSpan) {
    // Six bytes a letter: nothing longer can be one of the names.
    guard name.count <= 42 else { return nil }
    var decoded: [UInt8] = [ASCII.quote]
    guard (try? JSONString.decode(text, name, into: &decoded)) != nil else { return nil }
    decoded.append(ASCII.quote)
    self.init(ByteRange(1..<decoded.count - 1), in: decoded.span.bytes)
  }

  /// The length of what `isVersionFirst` looks for, in bytes.
  static let versionFirstCount = 16

  /// Whether `"jsonrpc":"2.0",` stands at an offset, as nearly every program writes it there.
  @inline(__always)
  static func isVersionFirst(_ text: RawSpan, _ at: Int, _ end: Int) -> Bool {
    // "jsonrpc and ":"2.0", with the first letter lowest.
    at &+ versionFirstCount <= end && text.word(at) == 0x6370_726E_6F73_6A22
      && text.word(at &+ 8) == 0x2C22_302E_3222_3A22
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
