extension Format {
  /// Whether a text is a URI, or a reference to one, RFC 3986 appendix A.
  static func isURI(_ text: ArraySlice<UInt8>, isReference: Bool) -> Bool {
    let (main, fragment) = cut(text, at: UInt8(ascii: "#"))
    guard isMade(of: "/?@", fragment ?? []) else { return false }
    let (hierarchy, query) = cut(main, at: UInt8(ascii: "?"))
    guard isMade(of: "/?@", query ?? []) else { return false }
    guard let colon = hierarchy.firstIndex(of: UInt8(ascii: ":")),
      !hierarchy[..<colon].contains(UInt8(ascii: "/"))
    else { return isReference && isHierarchy(hierarchy) }
    // A relative reference has no colon in its first segment, so what is before it is a scheme.
    return isScheme(hierarchy[..<colon]) && isHierarchy(hierarchy[(colon + 1)...])
  }

  /// A text before a byte, and behind it if it is there.
  private static func cut(
    _ text: ArraySlice<UInt8>, at byte: UInt8
  ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>?) {
    guard let index = text.firstIndex(of: byte) else { return (text, nil) }
    return (text[..<index], text[(index + 1)...])
  }

  private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, isLetter(first) else { return false }
    return text.allSatisfy { isLetter($0) || isDigit($0) || isOne(of: "+-.", $0) }
  }

  private static func isHierarchy(_ text: ArraySlice<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    guard text.starts(with: [slash, slash]) else { return isMade(of: "/@", text) }
    let rest = text.dropFirst(2)
    let end = rest.firstIndex(of: slash) ?? rest.endIndex
    return isAuthority(rest[..<end]) && isMade(of: "/@", rest[end...])
  }

  private static func isAuthority(_ text: ArraySlice<UInt8>) -> Bool {
    var host = text
    if let at = text.firstIndex(of: UInt8(ascii: "@")) {
      guard isMade(of: "", text[..<at]) else { return false }
      host = text[(at + 1)...]
    }
    var port = host[host.endIndex...]
    if host.first == UInt8(ascii: "["), let end = host.firstIndex(of: UInt8(ascii: "]")) {
      guard isLiteral(host[(host.startIndex + 1)..<end]) else { return false }
      port = host[(end + 1)...]
      guard port.isEmpty || port.first == UInt8(ascii: ":") else { return false }
    } else {
      let colon = host.firstIndex(of: UInt8(ascii: ":")) ?? host.endIndex
      port = host[colon...]
      guard isMade(of: "", host[..<colon]) else { return false }
    }
    return port.dropFirst().allSatisfy(isDigit)
  }

  /// What stands in brackets: an IPv6 address, or an address of a version to come.
  private static func isLiteral(_ text: ArraySlice<UInt8>) -> Bool {
    guard let version = text.first, isOne(of: "vV", version) else { return isIPv6(text) }
    let (number, address) = cut(text.dropFirst(), at: UInt8(ascii: "."))
    guard let address, !address.isEmpty, !number.isEmpty else { return false }
    return number.allSatisfy(isHexadecimal) && !address.contains(UInt8(ascii: "%"))
      && isMade(of: "", address)
  }

  /// Whether a text is made of unreserved characters, percent-encoded bytes, sub-delimiters, `:`
  /// and a few more.
  private static func isMade(of more: StaticString, _ text: ArraySlice<UInt8>) -> Bool {
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: "%") {
        guard index + 2 <= text.endIndex, text[index..<(index + 2)].allSatisfy(isHexadecimal)
        else { return false }
        index += 2
        continue
      }
      guard
        isLetter(byte) || isDigit(byte) || isOne(of: "-._~!$&'()*+,;=:", byte)
          || isOne(of: more, byte)
      else { return false }
    }
    return true
  }
}
