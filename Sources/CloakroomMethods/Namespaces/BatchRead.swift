public import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call's reading of many values: in pieces, so that no reply of the store is long.
struct BatchRead: RepeatedStep {
  private let keys: ArraySlice<StoreKey>
  /// How many bytes the values may have together.
  private let limit: Int
  /// How many of the keys this step reads.
  private var count: Int
  /// How many bytes the values have that were read before.
  private var bytes = 0
  /// The result so far, a text for each step.
  private var texts: [ByteBuffer] = []

  init(_ keys: [StoreKey], limit: Int) {
    self.keys = keys[...]
    self.limit = limit
    count = keys.count
  }

  private init(after other: BatchRead, bytes: Int, text: ByteBuffer) {
    keys = other.keys.dropFirst(other.count)
    limit = other.limit
    count = keys.count
    self.bytes = bytes
    texts = other.texts + [text]
  }

  // A store has no answer to a question about nothing.
  var command: StoreCommand { keys.isEmpty ? .nothing : .getMany(Array(keys.prefix(count))) }
  var wait: RepeatedStepWait? { nil }
  var isPaced: Bool { true }
  var holdsCalls: Bool { count < keys.count }

  func reading(atMost count: Int) -> any RepeatedStep {
    var step = self
    step.count = min(max(count, 1), keys.count)
    return step
  }

  func end(
    _ reply: borrowing StoreReply, writingTo result: inout ByteBuffer
  ) throws(RPCError) -> RepeatedStepOutcome {
    let values: [ByteBuffer?]
    switch try reply.orThrow() {
    case .values(let found): values = found
    case .done: values = []
    default: throw .unexpectedReply
    }
    let bytes = values.reduce(bytes) { $0 + ($1?.readableBytes ?? 0) }
    guard bytes <= limit else { throw .replyTooLarge(limit: limit) }
    guard !holdsCalls else {
      var text = ByteBuffer()
      write(values, to: &text)
      return .next(BatchRead(after: self, bytes: bytes, text: text))
    }
    result.writeStaticString("[")
    for text in texts { result.writeImmutableBuffer(text) }
    write(values, to: &result)
    result.writeStaticString("]")
    return .done
  }

  /// Writes values as members of the result's array.
  private func write(_ values: [ByteBuffer?], to text: inout ByteBuffer) {
    var isFirst = texts.isEmpty
    for value in values {
      if !isFirst { text.writeStaticString(",") }
      isFirst = false
      write(value, to: &text)
    }
  }

  private func write(_ value: ByteBuffer?, to text: inout ByteBuffer) {
    guard let value else {
      text.writeStaticString("{\"found\":false,\"value\":null}")
      return
    }
    let start = text.writerIndex
    do throws(RPCError) {
      text.writeStaticString("{\"found\":true,\"value\":")
      try text.writeStored(value)
    } catch {
      text.moveWriterIndex(to: start)
      text.writeStaticString("{\"found\":true,\"value\":null,\"error\":")
      text.writeJSON(error)
    }
    text.writeStaticString("}")
  }

  func endInVain(writingTo result: inout ByteBuffer) { result.writeStaticString("[]") }
}

extension RPCError {
  /// What the caller is told of a reply that is longer than what may wait for a reader.
  public static func replyTooLarge(limit: Int) -> RPCError {
    RPCError(
      .tooLarge, "the reply would have more than \(limit) bytes: ask for less", limit: .replySize)
  }
}
