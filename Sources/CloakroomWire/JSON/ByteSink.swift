/// What text is appended to: an array of bytes, or an outgoing buffer.
protocol ByteSink {
  mutating func append(run: UnsafeRawBufferPointer)
  mutating func append(byte: UInt8)
}

extension Array: ByteSink where Element == UInt8 {
  mutating func append(run: UnsafeRawBufferPointer) { append(contentsOf: run) }
  mutating func append(byte: UInt8) { append(byte) }
}
