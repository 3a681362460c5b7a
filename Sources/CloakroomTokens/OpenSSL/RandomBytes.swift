internal import COpenSSL
internal import Synchronization

/// Random bytes for what everybody may see, as the names of tokens: OpenSSL's generator is asked for
/// some hundred names at once, which takes little longer than for one.
///
/// Never for a secret: what nobody has used yet lies in memory.
final class RandomBytes: Sendable {
  /// The process's.
  static let shared = RandomBytes()

  private static let size = 4096

  private struct State {
    var bytes = [UInt8](repeating: 0, count: RandomBytes.size)
    /// How many of them have been used.
    var used = RandomBytes.size
  }

  private let state = Mutex(State())

  /// Fills memory with bytes that nobody else gets.
  ///
  /// - Parameter output: at most 4,096 bytes.
  func fill(_ output: UnsafeMutableRawBufferPointer) throws(CryptoFault) {
    guard output.count <= Self.size else { throw CryptoFault() }
    let isFilled = state.withLock { state in
      if Self.size - state.used < output.count {
        guard RAND_bytes(&state.bytes, Int32(Self.size)) == 1 else { return false }
        state.used = 0
      }
      let range = state.used..<state.used + output.count
      state.bytes.withUnsafeMutableBytes { bytes in
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
        UnsafeMutableRawBufferPointer(rebasing: bytes[range]).initializeMemory(
          as: UInt8.self, repeating: 0)
      }
      state.used = range.upperBound
      return true
    }
    guard isFilled else { throw CryptoFault() }
  }
}
