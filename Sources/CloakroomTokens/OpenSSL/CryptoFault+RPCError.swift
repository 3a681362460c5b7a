internal import CloakroomCore

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
