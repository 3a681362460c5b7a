internal import Glibc
internal import CloakroomStore
internal import NIOCore

/// An address that an application says a call comes from, in its one spelling.
struct NetworkAddress: Sendable, Equatable {
  /// The address; an IPv4 address that is written as one of IPv6 (RFC 4291, section 2.5.5.2) is itself.
  let text: String
  /// What limits are on: the address, or of IPv6 its first 64 bits, as one who has one of them has all
  /// (RFC 6177). Short, and without colons.
  let network: String

  /// Reads an address. What is none stands for itself.
  init(_ given: String) {
    // A link's name may follow it (RFC 4007, section 11).
    let address = String(given.prefix { $0 != "%" })
    var four = in_addr()
    if inet_pton(AF_INET, address, &four) == 1 {
      self.init(four: withUnsafeBytes(of: &four) { Array($0) })
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, address, &six) == 1 else {
      let digest = Fingerprint.text(of: ByteBuffer(string: given))
      self.init(text: given, network: "text-" + digest.prefix(32))
      return
    }
    let bytes = withUnsafeBytes(of: &six) { Array($0) }
    if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
      self.init(four: Array(bytes[12...]))
      return
    }
    self.init(
      text: Self.hexadecimal(bytes), network: "v6-" + Self.hexadecimal(Array(bytes.prefix(8))))
  }

  private init(four bytes: [UInt8]) {
    let text = bytes.map { "\($0)" }.joined(separator: ".")
    self.init(text: text, network: text)
  }

  private init(text: String, network: String) {
    self.text = text
    self.network = network
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
