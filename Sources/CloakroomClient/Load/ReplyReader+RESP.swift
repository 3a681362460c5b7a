extension ReplyReader {
  /// Takes all that RESP2 has: simple strings, errors, integers, bulk strings, and arrays of them.
  mutating func nextRESP() throws(LoadFault) -> ParsedReply? {
    // Nothing of a reply that is not there to its end is remembered: it begins at the start again.
    var at = start
    var outcome: ParsedReply.Outcome?
    var missing = 1
    while missing > 0 {
      guard let feed = lineFeed(from: at) else { return nil }
      guard feed > at + 1, bytes[feed - 1] == 0x0D else {
        throw .malformed("a line of a RESP reply doesn't end with CR LF")
      }
      let head = at
      at = feed + 1
      missing -= 1
      switch bytes[head] {
      case UInt8(ascii: "+"), UInt8(ascii: ":"): outcome = outcome ?? .done
      case UInt8(ascii: "-"): outcome = outcome ?? .error
      case UInt8(ascii: "$"):
        let length = try length(at: head + 1, before: feed - 1)
        outcome = outcome ?? (length == nil ? .missing : .done)
        guard let length else { break }
        at += length + 2
        guard at <= end else { return nil }
        guard has("\r\n", at: at - 2, before: at) else {
          throw .malformed("a RESP bulk string doesn't end with CR LF")
        }
      case UInt8(ascii: "*"):
        let count = try length(at: head + 1, before: feed - 1)
        outcome = outcome ?? (count == nil ? .missing : .done)
        missing += count ?? 0
      default: throw .malformed("a RESP reply is of a type that was not asked for")
      }
    }
    return ParsedReply(id: nil, outcome: outcome ?? .done, range: start..<at)
  }

  /// The length of a bulk string or an array; nil for -1, which is none.
  private func length(at offset: Int, before limit: Int) throws(LoadFault) -> Int? {
    if has("-1", at: offset, before: limit), limit == offset + 2 { return nil }
    guard let length = number(at: offset, before: limit), length.end == limit,
      length.value <= Self.longestReply
    else { throw .malformed("a RESP bulk string or array has no valid length") }
    return length.value
  }
}
