/// Keeps lines whole however little of them the system takes at a time.
///
/// When a write ends within a line, the rest of that line is kept and goes out before anything else
/// does; the lines behind it are dropped. So at most one line is held back, and none is cut.
struct LineSink {
  /// How many lines were taken whole, how many were not, and the error that stopped them.
  struct Outcome: Equatable {
    var written = 0
    var dropped = 0
    var errno: Int32?
  }

  /// What of a line is still to be written.
  private var rest: [UInt8] = []
  /// Whether ``rest`` is of a line that is to be counted, and not merely the end of a foreign one.
  private var restIsOwn = false

  /// A sink for a file that may end within a line, which is then closed by a line feed.
  init(endsWithinLine: Bool) {
    if endsWithinLine { rest = [Self.lineFeed] }
  }

  private static let lineFeed = UInt8(ascii: "\n")

  /// Whether the file ends within a line.
  var holdsRest: Bool {
    !rest.isEmpty
  }

  /// Writes so many lines, each ended by a line feed, through a function that may take fewer bytes.
  mutating func write(
    _ bytes: UnsafeRawBufferPointer, lines: Int,
    through write: (UnsafeRawBufferPointer) -> LogFile.WriteResult
  ) -> Outcome {
    var outcome = Outcome()
    outcome.errno = writeRest(through: write, &outcome)
    var position = 0
    while outcome.errno == nil && position < bytes.count {
      switch write(UnsafeRawBufferPointer(rebasing: bytes[position...])) {
      case .wrote(let count) where count > 0: position += min(count, bytes.count - position)
      case .wrote: outcome.errno = Self.noProgress
      case .failed(let errno): outcome.errno = errno
      }
    }
    if position == bytes.count {
      outcome.written += lines
    } else {
      keepRest(of: bytes, from: position, &outcome)
    }
    return outcome
  }

  /// Keeps the rest of the line that writing stopped within, if it did, and counts the other lines.
  private mutating func keepRest(
    of bytes: UnsafeRawBufferPointer, from position: Int, _ outcome: inout Outcome
  ) {
    outcome.written += Self.countLines(bytes[..<position])
    var unwritten = bytes[position...]
    if position > 0, bytes[position - 1] != Self.lineFeed {
      let end = unwritten.firstIndex(of: Self.lineFeed).map { $0 + 1 } ?? unwritten.endIndex
      rest = Array(unwritten[..<end])
      restIsOwn = true
      unwritten = unwritten[end...]
    }
    outcome.dropped += Self.countLines(unwritten)
  }

  /// Gives the held line up, as its file is left; answers how many lines that loses.
  mutating func abandonRest() -> Int {
    let lost = restIsOwn ? 1 : 0
    self = LineSink(endsWithinLine: false)
    return lost
  }

  private mutating func writeRest(
    through write: (UnsafeRawBufferPointer) -> LogFile.WriteResult, _ outcome: inout Outcome
  ) -> Int32? {
    while !rest.isEmpty {
      switch rest.withUnsafeBytes(write) {
      case .wrote(let count) where count > 0: rest.removeFirst(min(count, rest.count))
      case .wrote: return Self.noProgress
      case .failed(let errno): return errno
      }
    }
    if restIsOwn {
      outcome.written += 1
      restIsOwn = false
    }
    return nil
  }

  /// What a write that takes nothing and names no error is reported as: EIO.
  private static let noProgress: Int32 = 5

  private static func countLines(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
    var count = 0
    for byte in bytes where byte == lineFeed {
      count += 1
    }
    return count
  }
}
