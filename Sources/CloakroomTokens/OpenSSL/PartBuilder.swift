internal import COpenSSL
internal import Glibc

/// Collects the parts of a key for OpenSSL, which only points at them and at their names: they live as
/// long as this does.
final class PartBuilder {
  /// OpenSSL's list of them.
  let pointer: OpaquePointer
  private var numbers: [OpaquePointer] = []
  private var texts: [UnsafeMutablePointer<CChar>] = []
  private var octets: [UnsafeMutableRawBufferPointer] = []

  init() throws(CryptoFault) {
    guard let pointer = OSSL_PARAM_BLD_new() else { throw CryptoFault() }
    self.pointer = pointer
  }

  deinit {
    OSSL_PARAM_BLD_free(pointer)
    for number in numbers { BN_clear_free(number) }
    for text in texts { free(text) }
    for octets in octets { octets.deallocate() }
  }

  /// Adds a part.
  func add(_ part: AsymmetricKey.Part) throws(CryptoFault) {
    switch part {
    case .number(let name, let bytes):
      let number = bytes.withBytes { bytes in
        BN_bin2bn(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: bytes.count), nil)
      }
      guard let number else { throw CryptoFault() }
      numbers.append(number)
      try CryptoFault.check(OSSL_PARAM_BLD_push_BN(pointer, try text(name), number))
    case .octets(let name, let bytes):
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      octets.append(copy)
      copy.copyBytes(from: bytes)
      try CryptoFault.check(
        OSSL_PARAM_BLD_push_octet_string(
          pointer, try text(name), copy.baseAddress, copy.count))
    case .name(let name, let value):
      try CryptoFault.check(
        OSSL_PARAM_BLD_push_utf8_string(pointer, try text(name), try text(value), 0))
    }
  }

  private func text(_ text: String) throws(CryptoFault) -> UnsafeMutablePointer<CChar> {
    guard let copy = strdup(text) else { throw CryptoFault() }
    texts.append(copy)
    return copy
  }
}
