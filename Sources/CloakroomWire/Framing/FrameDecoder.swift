public import NIOCore

/// Takes a connection's bytes apart into frames; knows no channel and no clock.
///
/// The framing is found out from the first byte that is no white space: a `C` begins a
/// `Content-Length:` or `Content-Type:` header, which no JSON text does, and an HTTP method a request of HTTP, which is
/// for others to take apart. What was read is sliced,
/// not copied; only an unfinished frame at the end is copied, and only to that are later reads
/// appended, each byte being searched once. Between frames nothing is held.
public struct FrameDecoder: Sendable {
  /// How the connection is framed, nil until its first byte was seen.
  public private(set) var framing: Framing?

  /// The longest text in bytes.
  public let frameLimit: Int

  /// The longest block of headers in bytes, the blank line not counted.
  public static let headerLimit = 4096

  /// How much of a text that is too long is handed on, in bytes: its id mostly stands there.
  public static let beginningLength = 4096

  /// How many bytes are held that are no whole frame yet.
  public var bufferedByteCount: Int { inputCount + partial.readableBytes }

  /// What was read and not used yet; nil whenever `next()` has answered nil.
  private var input: ByteBuffer?
  private var inputCount: Int { input?.readableBytes ?? 0 }
  /// The decoder's own copy of the beginning of an unfinished frame or header line.
  private var partial: ByteBuffer
  /// What `partial` is when there is nothing.
  private let nothing: ByteBuffer
  private var state = State.detecting

  private enum State {
    case detecting
    case line
    case restOfLine
    case headers(FrameHeaders)
    case body(length: Int)
    case restOfBody(length: Int)
    case http
    case failed
  }

  /// A decoder for a new connection.
  ///
  /// - Parameters:
  ///   - frameLimit: the longest text in bytes, at most `JSONScanner.longestText`.
  ///   - nothing: an empty buffer, to have between two frames. Every `ByteBuffer()` is the same one, and
  ///     loops that count references to it take its memory away from each other.
  public init(frameLimit: Int = 4 << 20, nothing: ByteBuffer = ByteBuffer()) {
    self.frameLimit = min(max(frameLimit, 1), JSONScanner.longestText)
    self.nothing = nothing
    partial = nothing
  }

  /// Hands over what was read. Call `next()` until it answers nil before the next read: then the
  /// decoder no longer refers to the buffer, and the channel can use it again.
  public mutating func append(_ buffer: consuming ByteBuffer) {
    if case .failed = state { return }
    if inputCount == 0 {
      input = buffer
    } else {
      input?.writeImmutableBuffer(buffer)
    }
  }

  /// The next frame, or nil until more was read.
  ///
  /// In lines, blank ones are skipped; a last line without LF is no frame before `finish`.
  public mutating func next() -> Frame? {
    // No state is left waiting for what needs no bytes.
    guard inputCount > 0 else {
      releaseInput()
      return nil
    }
    while true {
      switch state {
      case .detecting:
        guard detectFraming() else { return nil }
        if case .failed = state { return .malformed(Self.foreignProtocol) }

      case .line:
        if let line = takeWholeLine() { return .text(line) }
        switch takeLine(limit: frameLimit) {
        case .none: return nil
        case .line(let line, endsInCRLF: _):
          if !line.isBlank { return .text(line) }
        case .tooLong(let beginning, let ended):
          state = ended ? .line : .restOfLine
          return .tooLarge(limit: frameLimit, beginning: beginning)
        }

      case .restOfLine:
        guard skipLine() else { return nil }
        state = .line

      case .headers(let headers):
        switch readHeader(headers) {
        case .success(true): break
        case .success(false): return nil
        case .failure(let fault):
          fail()
          return .malformed(fault.reason)
        }

      case .body(let length):
        guard length <= frameLimit else {
          guard let beginning = takeBody(length: longestBeginning) else { return nil }
          state = .restOfBody(length: length - beginning.readableBytes)
          return .tooLarge(limit: frameLimit, beginning: beginning)
        }
        guard let body = takeBody(length: length) else { return nil }
        state = .headers(FrameHeaders())
        return .text(body)

      case .restOfBody(let length):
        let skipped = min(length, inputCount)
        input?.moveReaderIndex(forwardBy: skipped)
        guard skipped == length else {
          state = .restOfBody(length: length - skipped)
          releaseInput()
          return nil
        }
        state = .headers(FrameHeaders())

      case .http, .failed:
        return nil
      }
    }
  }

  /// Takes what was read and not used yet; for a connection of HTTP.
  public mutating func takeRest() -> ByteBuffer? {
    defer { releaseInput() }
    return input
  }

  /// Lets go of all that is held; for a connection that is gone.
  public mutating func discard() {
    partial = nothing
    releaseInput()
  }

  /// Whether a text has begun and is not there whole, which `finish` would tell.
  public var isWithinText: Bool {
    switch state {
    case .detecting, .line: bufferedByteCount > 0
    case .headers(let headers): headers.byteCount > 0 || bufferedByteCount > 0
    case .body: true
    case .restOfLine, .restOfBody, .http, .failed: false
    }
  }

  /// What is left when no more will be read, and `next()` has answered nil: a last line without LF, or a text
  /// that is not there whole.
  public mutating func finish() -> Frame? {
    switch state {
    case .detecting where partial.readableBytes > 0:
      defer { partial = nothing }
      return .text(partial)
    case .line where partial.readableBytes > 0:
      let line = partial
      partial = nothing
      return line.isBlank ? nil : .text(line)
    case .headers(let headers) where headers.byteCount > 0 || partial.readableBytes > 0:
      fail()
      return .malformed("the headers end with the connection")
    case .body:
      fail()
      return .malformed("the connection has ended before the text")
    default:
      return nil
    }
  }

  /// What TLS begins with, and HTTP/2.
  private static let tlsHandshake: UInt8 = 0x16
  private static let http2 = Array("PRI * HTTP/2".utf8)
  private static let httpMethods = [
    "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ",
  ]
  .map { Array($0.utf8) }
  private static let foreignProtocol =
    "this is neither JSON-RPC nor HTTP/1.1, but TLS or HTTP/2: a Unix socket needs neither"

  /// Whether what was read begins with a text; nil when that can't be told yet.
  private func begins(with text: [UInt8]) -> Bool? {
    guard let view = input?.readableBytesView else { return nil }
    guard text.starts(with: view.prefix(text.count)) else { return false }
    return view.count >= text.count ? true : nil
  }

  /// Finds out whether a connection speaks something else than JSON-RPC.
  ///
  /// - Returns: nil when more has to be read first.
  private mutating func detectOthers(_ first: UInt8) -> Bool? {
    if first == Self.tlsHandshake {
      fail()
      return true
    }
    guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
    let methods = Self.httpMethods.map(begins)
    if methods.contains(true) {
      framing = .http
      state = .http
      return true
    }
    let isHTTP2 = begins(with: Self.http2)
    if isHTTP2 == true {
      fail()
      return true
    }
    return methods.contains(nil) || isHTTP2 == nil ? nil : false
  }

  private mutating func detectFraming() -> Bool {
    if partial.readableBytes > 0, let input {
      var joined = partial
      joined.writeImmutableBuffer(input)
      self.input = joined
      partial = nothing
    }
    while let byte: UInt8 = input?.readInteger() {
      switch byte {
      case ASCII.space, ASCII.tab, ASCII.lineFeed, ASCII.carriageReturn: continue
      case UInt8(ascii: "C"), UInt8(ascii: "c"):
        framing = .headers
        state = .headers(FrameHeaders())
      default:
        if let index = input?.readerIndex { input?.moveReaderIndex(to: index - 1) }
        switch detectOthers(byte) {
        case true?: return true
        case nil:
          keepInput()
          return false
        case false?:
          framing = .lines
          state = .line
          return true
        }
      }
      if let index = input?.readerIndex { input?.moveReaderIndex(to: index - 1) }
      return true
    }
    releaseInput()
    return false
  }

  /// Reads one line of headers, if it is there whole.
  ///
  /// - Returns: whether it was; or why the headers are malformed.
  private mutating func readHeader(_ headers: FrameHeaders) -> Result<Bool, FrameHeaders.Fault> {
    let taken = takeLine(limit: max(0, Self.headerLimit - headers.byteCount))
    switch taken {
    case .none: return .success(false)
    case .tooLong: return .failure(.tooLong)
    case .line(let line, let endsInCRLF):
      guard endsInCRLF else { return .failure(.bareLineFeed) }
      do throws(FrameHeaders.Fault) {
        if line.readableBytes == 0 {
          state = .body(length: try headers.bodyLength)
        } else {
          var headers = headers
          try headers.add(line.readableBytesSpan)
          state = .headers(headers)
        }
        return .success(true)
      } catch {
        return .failure(error)
      }
    }
  }

  /// Takes the next line if all of it was read at once, and has no white space around its text.
  /// Nearly every line is like that; nil says nothing about others.
  private mutating func takeWholeLine() -> ByteBuffer? {
    guard partial.readableBytes == 0, let length = input?.lengthOfTightLine, length <= frameLimit
    else { return nil }
    let isLast = length + 1 == inputCount
    // No slice, which would cost more than the index that it takes; and what was read is handed out
    // itself when there is nothing more in it.
    guard var line = isLast ? input.take() : input else { return nil }
    line.moveWriterIndex(to: line.readerIndex + length)
    if !isLast { input?.moveReaderIndex(forwardBy: length + 1) }
    return line
  }

  private enum Line {
    case none
    case line(ByteBuffer, endsInCRLF: Bool)
    case tooLong(beginning: ByteBuffer, ended: Bool)
  }

  /// Takes the next line without its end, or else keeps what there is of it.
  private mutating func takeLine(limit: Int) -> Line {
    guard let length = input?.distanceToLineFeed() else {
      // One byte more is let through if it can be the CR of a line of just the limit.
      let held = bufferedByteCount
      let last = input?.readableBytesView.last
      guard held <= limit || (held == limit + 1 && last == ASCII.carriageReturn) else {
        let beginning = takeBeginning()
        releaseInput()
        return .tooLong(beginning: beginning, ended: false)
      }
      keepInput()
      return .none
    }
    guard partial.readableBytes + length <= limit + 1, var line = input?.readSlice(length: length)
    else {
      let beginning = takeBeginning()
      input?.moveReaderIndex(forwardBy: length + 1)
      return .tooLong(beginning: beginning, ended: true)
    }
    input?.moveReaderIndex(forwardBy: 1)
    if partial.readableBytes > 0 {
      partial.writeBuffer(&line)
      line = partial
      partial = nothing
    }
    let endsInCRLF = line.getInteger(at: line.writerIndex - 1) == ASCII.carriageReturn
    if endsInCRLF { line.moveWriterIndex(to: line.writerIndex - 1) }
    guard line.readableBytes <= limit else {
      // Headers have a limit of their own, which may be the lower one.
      line.moveWriterIndex(to: line.readerIndex + min(longestBeginning, line.readableBytes))
      return .tooLong(beginning: line, ended: true)
    }
    return .line(line, endsInCRLF: endsInCRLF)
  }

  private var longestBeginning: Int { min(Self.beginningLength, frameLimit) }

  /// Copies the beginning of a line that is too long, and forgets what was held of it.
  private mutating func takeBeginning() -> ByteBuffer {
    var beginning = partial
    partial = nothing
    let missing = longestBeginning - beginning.readableBytes
    if missing > 0, let input,
      var more = input.getSlice(at: input.readerIndex, length: min(missing, input.readableBytes))
    {
      beginning.writeBuffer(&more)
    } else if missing < 0 {
      beginning.moveWriterIndex(to: beginning.readerIndex + longestBeginning)
    }
    return beginning
  }

  /// Throws away the rest of a line. Returns whether its end was there.
  private mutating func skipLine() -> Bool {
    guard let length = input?.distanceToLineFeed() else {
      releaseInput()
      return false
    }
    input?.moveReaderIndex(forwardBy: length + 1)
    return true
  }

  private mutating func takeBody(length: Int) -> ByteBuffer? {
    if partial.readableBytes == 0, let body = input?.readSlice(length: length) { return body }
    let wanted = min(length - partial.readableBytes, inputCount)
    if var piece = input?.readSlice(length: wanted) { partial.writeBuffer(&piece) }
    guard partial.readableBytes == length else {
      releaseInput()
      return nil
    }
    let body = partial
    partial = nothing
    return body
  }

  private mutating func keepInput() {
    if let input { partial.writeImmutableBuffer(input) }
    releaseInput()
  }

  /// Lets go of the buffer that was read, so that the channel can use it again.
  private mutating func releaseInput() { input = nil }

  private mutating func fail() {
    state = .failed
    partial = nothing
    releaseInput()
  }
}
