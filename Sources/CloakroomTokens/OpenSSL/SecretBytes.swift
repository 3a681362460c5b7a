internal import COpenSSL

/// Bytes that are overwritten before their memory is given back.
///
/// `@unchecked`: the memory is written by the initializer alone, before anybody else has the object,
/// and is private to it.
final class SecretBytes: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  /// How many bytes there are.
  var count: Int { memory.count }

  /// Takes so many bytes from a function that fills them all.
  init<Fault: Error>(
    count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Fault) -> Void
  ) throws(Fault) {
    memory = .allocate(byteCount: count, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    try fill(memory)
  }

  /// Random bytes from OpenSSL's generator.
  static func random(count: Int) throws(CryptoFault) -> SecretBytes {
    try SecretBytes(count: count) { memory throws(CryptoFault) in
      try CryptoFault.check(
        RAND_priv_bytes(
          memory.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: count)))
    }
  }

  deinit {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
    memory.deallocate()
  }

  /// Lets a function look at the bytes.
  func withBytes<Result, Fault: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
  ) throws(Fault) -> Result {
    try body(UnsafeRawBufferPointer(memory))
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Dots, however many bytes there are.
  var description: String { "•••" }
  /// Dots, however many bytes there are.
  var debugDescription: String { description }
  /// Nothing.
  var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension [UInt8] {
  /// Overwrites the bytes; of use only to the array's one owner, as others have memory of their own.
  mutating func cleanse() {
    withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
  }
}
