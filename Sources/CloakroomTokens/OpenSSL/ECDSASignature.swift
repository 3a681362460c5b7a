internal import COpenSSL

/// The two forms of an ECDSA signature: OpenSSL's is ASN.1 in DER, and JOSE's the two numbers one
/// behind the other, each as long as the curve's order (RFC 7518, section 3.4).
enum ECDSASignature {
  /// The form that JOSE has.
  ///
  /// - Parameter size: how long each of the two numbers is, in bytes.
  static func raw(der: [UInt8], size: Int) throws(CryptoFault) -> [UInt8] {
    let signature = der.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      return d2i_ECDSA_SIG(nil, &start, bytes.count)
    }
    guard let signature else { throw CryptoFault() }
    defer { ECDSA_SIG_free(signature) }
    var raw = [UInt8](repeating: 0, count: 2 * size)
    let written = raw.withUnsafeMutableBufferPointer { bytes in
      let half = Int32(clamping: size)
      guard
        let start = bytes.baseAddress,
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), start, half) == half
      else { return false }
      return BN_bn2binpad(ECDSA_SIG_get0_s(signature), start + size, half) == half
    }
    guard written else { throw CryptoFault() }
    return raw
  }

  /// The form that OpenSSL has; nil for what hasn't the right length.
  static func der(raw: UnsafeRawBufferPointer, size: Int) throws(CryptoFault) -> [UInt8]? {
    guard raw.count == 2 * size, let start = raw.bindMemory(to: UInt8.self).baseAddress else {
      return nil
    }
    guard let signature = ECDSA_SIG_new() else { throw CryptoFault() }
    defer { ECDSA_SIG_free(signature) }
    let half = Int32(clamping: size)
    guard let first = BN_bin2bn(start, half, nil) else { throw CryptoFault() }
    guard let second = BN_bin2bn(start + size, half, nil) else {
      BN_free(first)
      throw CryptoFault()
    }
    // From here on the signature owns both.
    try CryptoFault.check(ECDSA_SIG_set0(signature, first, second))
    let count = Int(i2d_ECDSA_SIG(signature, nil))
    guard count > 0 else { throw CryptoFault() }
    var der = [UInt8](repeating: 0, count: count)
    let written = der.withUnsafeMutableBufferPointer { bytes in
      var start = bytes.baseAddress
      return Int(i2d_ECDSA_SIG(signature, &start))
    }
    guard written == count else { throw CryptoFault() }
    return der
  }
}
