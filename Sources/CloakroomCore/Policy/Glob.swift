/// A pattern in which `*` stands for any run of characters, none included; every other character
/// stands for itself.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it was written.
  public let pattern: String

  /// Reads a pattern. Every string is one.
  public init(_ pattern: String) { self.pattern = pattern }

  /// Whether the whole of a text fits.
  ///
  /// On a mismatch only the last `*` takes one byte more: an earlier one never has to, as the last
  /// may stand for whatever it could. So the time is at most text times pattern, however many
  /// stars a pattern has (R. Cox, "Glob Matching Can Be Simple And Fast Too", 2017).
  public func matches(_ text: String) -> Bool {
    let text = Array(text.utf8)
    let pattern = Array(pattern.utf8)
    let star = UInt8(ascii: "*")
    var position = 0
    var next = 0
    var retry: (position: Int, next: Int)?
    while position < text.count {
      if next < pattern.count, pattern[next] == star {
        retry = (position, next + 1)
        next += 1
      } else if next < pattern.count, pattern[next] == text[position] {
        next += 1
        position += 1
      } else if let last = retry {
        retry = (last.position + 1, last.next)
        position = last.position + 1
        next = last.next
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == star }
  }

  /// The pattern as it was written.
  public var description: String { pattern }
}
