internal import COpenSSL

/// OpenSSL has refused an operation. It carries nothing of what OpenSSL says: that is for
/// debugging OpenSSL, and may quote what it was given.
struct CryptoFault: Error, Equatable {
  /// Notes a refusal, and empties this thread's error queue, so that no later operation is blamed.
  init() { ERR_clear_error() }

  /// Checks what OpenSSL's functions answer: 1 is success.
  ///
  /// - Throws: when it is anything else.
  static func check(_ result: Int32) throws(CryptoFault) {
    guard result == 1 else { throw CryptoFault() }
  }
}
