/// What a JSON value is (RFC 8259, section 3).
public enum JSONKind: UInt8, Sendable, Hashable {
  case object, array, string, number, `true`, `false`, null
}
