internal import NIOCore

extension ByteBuffer {
  /// Appends the text of bytes as base64url.
  mutating func writeBase64URL(_ bytes: UnsafeRawBufferPointer) {
    let count = Base64URL.encodedCount(bytes.count)
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      Base64URL.encode(
        bytes, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
      return count
    }
  }

  /// What a base64url text stands for; nil when it is not written as it should be.
  init?(base64URL text: UnsafeRawBufferPointer) {
    guard let count = Base64URL.decodedCount(text.count) else { return nil }
    self.init()
    var isGood = false
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      isGood = Base64URL.decode(
        text, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
      return isGood ? count : 0
    }
    guard isGood else { return nil }
  }
}
