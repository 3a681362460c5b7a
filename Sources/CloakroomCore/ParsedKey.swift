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
      scope.append(PercentEncoding.decoded(word))
    }
    return nil
  }
}
