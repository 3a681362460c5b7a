internal import COpenSSL
internal import CloakroomCore

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

/// Runs a piece of cryptography that nothing a caller sends can make fail.
///
/// - Throws: INTERNAL when OpenSSL fails all the same, as it does without memory.
func cryptography<Result>(
  _ body: () throws(CryptoFault) -> Result
) throws(RPCError) -> Result {
  do throws(CryptoFault) {
    return try body()
  } catch {
    throw RPCError(.internal, "the cryptography failed")
  }
}
