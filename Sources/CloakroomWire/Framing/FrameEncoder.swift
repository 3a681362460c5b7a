internal import CloakroomCore
public import NIOCore

/// Frames outgoing texts as the connection's incoming ones were framed.
///
/// A text is written straight into the outgoing buffer between `begin` and `end`; its length need
/// not be known before.
public struct FrameEncoder: Sendable {
  /// How texts are framed.
  public let framing: Framing

  /// Where a frame was begun.
  public struct Start: Sendable {
    fileprivate let index: Int
  }

  private static let lengthName: StaticString = "Content-Length: "
  private static let headerEnd: StaticString = "\r\n\r\n"
  /// Room for the length of most replies; for longer and shorter ones the text is moved.
  private static let reservedDigits = 3

  /// An encoder for a connection whose framing is known.
  public init(_ framing: Framing) { self.framing = framing }

  /// Begins a frame at the buffer's end.
  public func begin(in output: inout ByteBuffer) -> Start {
    let start = Start(index: output.writerIndex)
    if framing == .headers {
      output.writeStaticString(Self.lengthName)
      output.writeRepeatingByte(ASCII.zero, count: Self.reservedDigits)
      output.writeStaticString(Self.headerEnd)
    }
    return start
  }

  /// Ends the frame that everything written since `begin` makes.
  public func end(_ start: Start, in output: inout ByteBuffer) {
    switch framing {
    case .lines: output.write(atMost: 1) { $0.write("\n") }
    case .headers: writeLength(start, in: &output)
    // What a reply is within a response, others see to.
    case .http: break
    }
  }

  /// Frames a text that is there already: in its own memory, where that has room before it.
  public func wrap(_ text: inout ByteBuffer) {
    switch framing {
    case .lines: text.write(atMost: 1) { $0.write("\n") }
    case .headers: text.prepend("\(Self.lengthName)\(text.readableBytes)\(Self.headerEnd)")
    case .http: break
    }
  }

  private func writeLength(_ start: Start, in output: inout ByteBuffer) {
    let digitsIndex = start.index + Self.lengthName.utf8CodeUnitCount
    let endLength = Self.headerEnd.utf8CodeUnitCount
    let bodyIndex = digitsIndex + Self.reservedDigits + endLength
    let length = output.writerIndex - bodyIndex
    guard start.index >= output.readerIndex, length >= 0 else { return }

    let digits = String(length)
    let shift = digits.utf8.count - Self.reservedDigits
    if shift != 0 {
      if shift > 0 { output.writeRepeatingByte(0, count: shift) }
      let offset = bodyIndex - output.readerIndex
      output.withUnsafeMutableReadableBytes { bytes in
        let body = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        // The two overlap, which copyMemory allows.
        UnsafeMutableRawBufferPointer(rebasing: bytes[(offset + shift)...]).copyMemory(from: body)
      }
      if shift < 0 { output.moveWriterIndex(to: output.writerIndex + shift) }
      _ = output.setStaticString(Self.headerEnd, at: digitsIndex + digits.utf8.count)
    }
    output.setString(digits, at: digitsIndex)
  }
}

extension ByteBuffer {
  /// An empty buffer with room before what is written to it.
  ///
  /// - Parameter headRoom: how much, in bytes.
  public init(headRoom: Int) {
    self.init()
    writeRepeatingByte(0, count: headRoom)
    moveReaderIndex(forwardBy: headRoom)
  }

  /// Puts a text before what can be read: all is copied where there is no room before it.
  public mutating func prepend(_ text: String) {
    let count = text.utf8.count
    guard readerIndex >= count else {
      var whole = ByteBufferAllocator().buffer(capacity: count + readableBytes)
      whole.writeString(text)
      whole.writeImmutableBuffer(self)
      return self = whole
    }
    setString(text, at: readerIndex - count)
    moveReaderIndex(to: readerIndex - count)
  }
}
