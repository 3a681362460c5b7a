extension Format {
  static func isHostname(_ text: ArraySlice<UInt8>) -> Bool {
    // 253 characters are what fits into the 255 bytes of the wire's form, RFC 1035 section 2.3.4.
    guard !text.isEmpty, text.count <= 253 else { return false }
    return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy(isLabel)
  }

  private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
    guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
    let hyphen = UInt8(ascii: "-")
    return first != hyphen && last != hyphen
      && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == hyphen }
  }

  static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count <= 15 else { return false }
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        guard let value = number(part, digits: 1...3), value < 256 else { return false }
        return part.count == 1 || part.first != UInt8(ascii: "0")
      }
  }

  static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
    // 45 characters are the longest form, with an IPv4 address at its end.
    guard text.count <= 45 else { return false }
    let colon = UInt8(ascii: ":")
    let gap = text.indices.dropLast().first { text[$0] == colon && text[$0 + 1] == colon }
    guard let gap else { return groups(text, mayEndInIPv4: true) == 8 }
    let (head, tail) = (text[..<gap], text[(gap + 2)...])
    guard let before = head.isEmpty ? 0 : groups(head, mayEndInIPv4: false),
      let after = tail.isEmpty ? 0 : groups(tail, mayEndInIPv4: true)
    else { return false }
    return before + after <= 7
  }

  /// How many groups of 16 bits a part of an address has, nil if it is none.
  private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> Int? {
    let groups = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let isHexadecimal = { (group: ArraySlice<UInt8>) in
      (1...4).contains(group.count) && group.allSatisfy(Self.isHexadecimal)
    }
    guard groups.dropLast().allSatisfy(isHexadecimal), let last = groups.last else { return nil }
    if isHexadecimal(last) { return groups.count }
    return mayEndInIPv4 && isIPv4(last) ? groups.count + 1 : nil
  }

  static func isEmail(_ text: ArraySlice<UInt8>) -> Bool {
    guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return false }
    let (local, domain) = (text[..<at], text[(at + 1)...])
    // RFC 5321 section 4.5.3.1.1
    guard local.count <= 64, isDotString(local) || isQuotedString(local) else { return false }
    guard domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]") else {
      return isHostname(domain)
    }
    let literal = domain.dropFirst().dropLast()
    let tag = Array("IPv6:".utf8)
    return literal.starts(with: tag) ? isIPv6(literal.dropFirst(tag.count)) : isIPv4(literal)
  }

  private static func isDotString(_ text: ArraySlice<UInt8>) -> Bool {
    text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
      !atom.isEmpty
        && atom.allSatisfy { isLetter($0) || isDigit($0) || isOne(of: "!#$%&'*+-/=?^_`{|}~", $0) }
    }
  }

  private static func isQuotedString(_ text: ArraySlice<UInt8>) -> Bool {
    let quote = UInt8(ascii: "\"")
    guard text.count >= 2, text.first == quote, text.last == quote else { return false }
    var isEscaped = false
    for byte in text.dropFirst().dropLast() {
      guard (0x20...0x7E).contains(byte), isEscaped || byte != quote else { return false }
      isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
    }
    return !isEscaped
  }
}
