/// A URI or a relative reference to one, in its parts, RFC 3986.
struct URIReference: Sendable {
  private var scheme: String?
  private var authority: String?
  private var path: String
  private var query: String?
  /// What is behind the `#`, still percent-encoded.
  private(set) var fragment: String?

  /// What a schema without `$id` is called, so that references to parts of it can be resolved.
  static let unnamed = Self(
    scheme: "schema", authority: "", path: "/", query: nil, fragment: nil)

  private init(
    scheme: String?, authority: String?, path: String, query: String?, fragment: String?
  ) {
    self.scheme = scheme
    self.authority = authority
    self.path = path
    self.query = query
    self.fragment = fragment
  }

  /// Takes a text apart; nil if it is no URI reference.
  init?(_ text: JSONText) {
    guard Format.uriReference.accepts(text.utf8[...]) else { return nil }
    var rest = text.string[...]
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("/") {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    path = String(rest)
  }

  /// The URI that the reference means, seen from a base; RFC 3986 section 5.2.2.
  func resolved(against base: Self) -> Self {
    if scheme != nil { return with(path: Self.withoutDots(path)) }
    var target = self
    target.scheme = base.scheme
    if authority != nil { return target.with(path: Self.withoutDots(path)) }
    target.authority = base.authority
    if path.isEmpty {
      target.path = base.path
      target.query = query ?? base.query
    } else if path.hasPrefix("/") {
      target.path = Self.withoutDots(path)
    } else if base.authority != nil && base.path.isEmpty {
      target.path = Self.withoutDots("/" + path)
    } else {
      let folder = base.path.lastIndex(of: "/").map { base.path[...$0] } ?? ""
      target.path = Self.withoutDots(folder + path)
    }
    return target
  }

  /// The URI of the whole document, without the fragment.
  var document: String {
    var text = ""
    if let scheme { text += scheme + ":" }
    if let authority { text += "//" + authority }
    text += path
    if let query { text += "?" + query }
    return text
  }

  /// How long it is, in bytes, about.
  var byteCount: Int {
    (authority?.utf8.count ?? 0) + path.utf8.count + (query?.utf8.count ?? 0)
      + (fragment?.utf8.count ?? 0)
  }

  /// The fragment with its percent-encoded bytes decoded; empty if there is none.
  var decodedFragment: String {
    var bytes: [UInt8] = []
    var rest = (fragment ?? "").utf8[...]
    while let byte = rest.popFirst() {
      // Both digits are there, or the text would have been no URI reference.
      if byte == UInt8(ascii: "%"),
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func with(path: String) -> Self {
    var copy = self
    copy.path = path
    return copy
  }

  /// RFC 3986 section 5.2.4
  private static func withoutDots(_ path: String) -> String {
    // Most have none: what a base ends up with has none any more.
    var before = UInt8(ascii: "/")
    let hasDots = path.utf8.contains { byte in
      defer { before = byte }
      return before == UInt8(ascii: "/") && byte == UInt8(ascii: ".")
    }
    guard hasDots, path.contains("/") else { return path }
    var segments: [Substring] = []
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      switch part {
      case ".": if isLast { segments.append("") }
      case "..":
        // The empty segment before a leading slash stays.
        if segments.count > 1 || segments.first?.isEmpty == false { segments.removeLast() }
        if isLast { segments.append("") }
      default: segments.append(part)
      }
    }
    return segments.joined(separator: "/")
  }
}
