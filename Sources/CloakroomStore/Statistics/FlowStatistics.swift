package import CloakroomCore
internal import NIOCore

/// The names of a flow's statistics in the store: `…:session:stats:{<flow>}:` and `live`, the hour's number,
/// or `seen:` and an hour's number. All of a flow's have one hash tag.
package struct FlowStatistics: Sendable, Hashable {
  /// How many milliseconds an hour has.
  package static let hourMs: Int64 = 3_600_000
  /// How long an hour's numbers are kept behind its end, in milliseconds: 90 days.
  package static let retentionMs: Int64 = 90 * 24 * hourMs

  /// What the names begin with.
  private let head: ByteBuffer

  /// The statistics of a flow in a scope.
  ///
  /// - Parameter scope: the flow's own, which may be one that a session's scope lies in.
  /// - Throws: SCOPE_INVALID as `KeySpace.write` does.
  package init(
    _ keySpace: KeySpace, scope: [ScopeStep], flow: String
  ) throws(RPCError) {
    var head = ByteBuffer()
    let key = Self.tail(of: flow)
    try keySpace.write(.session, scope: scope, key: key.utf8.span.bytes, into: &head)
    self.head = head
  }

  /// The statistics of the flow that a session goes through; nil when that isn't the name of one.
  ///
  /// - Parameters:
  ///   - name: the session's name, `<prefix>:<service>[:<scope key>:<scope id>…]:session:<ref>`.
  ///   - outward: how many steps of the scope lie between the session and its flow, from the inside: 0 is
  ///     a flow of the session's own scope.
  package init?(ofSession name: StoreKey, flow: String, outward: Int) {
    // No part of a name has a colon in it, but for the prefix, and that is never gone through.
    var rest = name.bytes.readableBytesView[...]
    func dropPart() -> Bool {
      guard let colon = rest.lastIndex(of: UInt8(ascii: ":")) else { return false }
      rest = rest[..<colon]
      return true
    }
    guard outward >= 0, dropPart(), rest.suffix(7).elementsEqual("session".utf8), dropPart()
    else { return nil }
    for _ in 0..<outward { guard dropPart(), dropPart() else { return nil } }
    var head = ByteBuffer()
    head.writeBytes(rest)
    head.writeString(":session:" + Self.tail(of: flow))
    self.head = head
  }

  private static func tail(of flow: String) -> String { "stats:{\(StatisticsText.encoded(flow))}:" }

  /// How many sessions live, by the flow's version.
  package var live: StoreKey { name("live") }

  /// What happened in an hour, counted from 1970.
  package func hour(_ number: Int64) -> StoreKey { name("\(number)") }

  /// Which facts of the sessions that were made in an hour are counted.
  package func seen(hour number: Int64) -> StoreKey { name("seen:\(number)") }

  /// Until when an hour's numbers are kept, in milliseconds since 1970.
  package static func keptUntilMs(hour number: Int64) -> Int64 {
    let end = (number &+ 1).multipliedReportingOverflow(by: hourMs).partialValue
    return end &+ retentionMs
  }

  private func name(_ own: String) -> StoreKey {
    var name = head
    name.writeString(own)
    return StoreKey(bytes: name)
  }
}

/// Texts as they stand in names, fields and headers of statistics.
package enum StatisticsText {
  /// Percent-encodes what has a meaning there: `%`, `:`, `;`, `|`, braces and control characters.
  package static func encoded(_ text: String) -> String {
    guard text.utf8.contains(where: isSpecial) else { return text }
    var encoded = ByteBuffer()
    for byte in text.utf8 {
      if isSpecial(byte) {
        PercentEncoding.write(byte, into: &encoded)
      } else {
        encoded.writeInteger(byte)
      }
    }
    return String(buffer: encoded)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<0x20, 0x7F, UInt8(ascii: "%"), UInt8(ascii: ":"), UInt8(ascii: ";"),
      UInt8(ascii: "|"), UInt8(ascii: "{"), UInt8(ascii: "}"):
      true
    default: false
    }
  }
}
