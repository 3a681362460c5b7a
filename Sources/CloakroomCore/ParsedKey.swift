public import NIOCore

/// The parts of a name in the store, as `KeySpace` has put them together.
public struct ParsedKey: Sendable, Equatable {
  /// Whose it is.
  public let service: String
  /// The scope's keys, outermost first; their ids are not told.
  public let scope: [String]
  /// What it is.
  public let namespace: Namespace
  /// The caller's own key.
  public let key: [UInt8]

  /// Takes a name apart; nil for one that is no caller's.
  ///
  /// - Parameter prefix: what every name begins with, without its last colon.
  public init?(_ name: ByteBuffer, prefix: String) {
    let bytes = name.readableBytesView
    let colon = UInt8(ascii: ":")
    guard bytes.starts(with: prefix.utf8) else { return nil }
    var rest = bytes.dropFirst(prefix.utf8.count)
    guard rest.popFirst() == colon else { return nil }
    func part() -> String? {
      guard let end = rest.firstIndex(of: colon) else { return nil }
      defer { rest = rest[rest.index(after: end)...] }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
    guard let service = part() else { return nil }
    var scope: [String] = []
    // The first namespace in a name is where the scope ends.
    while let word = part() {
      if let namespace = Namespace(rawValue: word) {
        self.service = service
        self.scope = scope
        self.namespace = namespace
        key = Array(rest)
        return
      }
      guard scope.count < KeySpace.scopeDepth, part() != nil else { return nil }
      scope.append(Self.decoded(word))
    }
    return nil
  }

  /// Takes back what a scope's key was percent-encoded with.
  private static func decoded(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
