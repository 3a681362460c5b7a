/// Takes a JSON-RPC 2.0 batch apart: checks the whole array and says where its elements lie.
///
/// Each element is scanned again as a request of its own, with `RequestScanner`.
public struct BatchScanner: Sendable {
  /// Where the elements lie, in their order, at most `elementLimit` of them.
  public private(set) var elements: ContiguousArray<ByteRange> = []

  /// How many elements the array has, the unrecorded ones counted.
  public private(set) var count = 0

  /// How many arrays and objects may be nested inside of each element.
  public let depthLimit: Int

  /// How many elements are recorded.
  public let elementLimit: Int

  /// The array has no element: an invalid request, answered by one error.
  public var isEmpty: Bool { count == 0 }

  /// The array has more elements than `elementLimit`.
  public var isTooLong: Bool { count > elementLimit }

  /// A scanner with its limits; the depth is held to `JSONScanner.greatestDepthLimit`.
  public init(depthLimit: Int = JSONScanner.defaultDepthLimit, elementLimit: Int = 1000) {
    self.depthLimit = min(depthLimit, JSONScanner.greatestDepthLimit)
    self.elementLimit = max(elementLimit, 0)
  }

  /// Whether the first byte that is no white space opens an array.
  public static func isBatch(_ text: RawSpan) -> Bool {
    let first = JSONScanner.skipSpace(text, 0, text.byteCount).offset
    return first < text.byteCount && text.byte(first) == ASCII.leftBracket
  }

  /// Scans the batch that is the whole of `text`, with white space around it at most.
  ///
  /// - Throws: the first fault met, a syntax fault if the text is no array. The properties then
  ///   tell nothing.
  public mutating func scan(_ text: RawSpan) throws(JSONFault) {
    removeAll()
    let end = text.byteCount
    guard end <= JSONScanner.longestText else { throw .outOfBounds }
    var at = JSONScanner.skipSpace(text, 0, end).offset
    guard at < end, text.byte(at) == ASCII.leftBracket else { throw .syntax(at: at) }
    at = JSONScanner.skipSpace(text, at &+ 1, end).offset
    if at < end, text.byte(at) == ASCII.rightBracket {
      at &+= 1
    } else {
      at = try scanElements(text, at, end)
    }
    at = JSONScanner.skipSpace(text, at, end).offset
    guard at == end else { throw .syntax(at: at) }
  }

  /// Forgets the last batch, but keeps the memory for the next.
  public mutating func removeAll() {
    count = 0
    elements.removeAll(keepingCapacity: true)
  }

  private mutating func scanElements(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    var at = start
    while true {
      let value = try JSONScanner.scanValue(text, at, end, depth: depthLimit)
      count &+= 1
      if count <= elementLimit { elements.append(ByteRange(scanned: at, value.end)) }
      let next = try JSONScanner.skipComma(
        text, value.end, end, closing: ASCII.rightBracket)
      if next.isEnd { return next.offset }
      at = next.offset
    }
  }
}
