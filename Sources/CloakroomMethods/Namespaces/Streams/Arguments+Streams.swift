internal import CloakroomCore
internal import CloakroomStore

/// The parameters that the methods on streams have in common: the stream is the first of them, a group
/// the second and a consumer the third.
extension Arguments {
  /// A stream by its name in the store.
  struct Stream {
    /// The name.
    let name: StoreKey
    /// Whether it is another stream's dead letters.
    let isDeadLetters: Bool
  }

  /// The stream that a call is about.
  mutating func stream() throws(RPCError) -> Stream {
    let name = try storeKey(0, "stream", in: .streams)
    guard let owner = name.deadLettersOwner else { return Stream(name: name, isDeadLetters: false) }
    guard owner.deadLettersOwner == nil else {
      throw RPCError(.invalidParams, "dead letters have no dead letters of their own")
    }
    return Stream(name: owner.deadLetters, isDeadLetters: true)
  }

  /// The group and the consumer that a call is for.
  mutating func reader() throws(RPCError) -> StreamReader {
    StreamReader(group: try name(1, "group"), consumer: try name(2, "consumer"))
  }

  /// The name of a group or a consumer.
  mutating func name(_ slot: Int, _ name: StaticString) throws(RPCError) -> String {
    let text = try string(slot, name, longest: 256)
    guard !text.isEmpty else { throw RPCError(.invalidParams, "\(name) may not be empty") }
    return text
  }

  /// How much a call is to hand over.
  mutating func portion(_ slot: Int) throws(RPCError) -> StreamPortion {
    let count = has(slot) ? try integer(slot, "count", in: 1...1000) : 10
    return StreamPortion(count: Int(count), bytes: settings.streamBytes)
  }

  /// A parameter that is a whole number within bounds.
  mutating func integer(
    _ slot: Int, _ name: StaticString, in bounds: ClosedRange<Int64>
  ) throws(RPCError) -> Int64 {
    let number = try integer(slot, name)
    guard bounds.contains(number) else {
      throw RPCError(
        .invalidParams,
        bounds.upperBound == .max
          ? "\(name) is at least \(bounds.lowerBound)"
          : "\(name) is from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }
}

extension StreamPortion {
  /// No more than so many messages and bytes of it.
  func atMost(_ count: Int, bytes: Int) -> StreamPortion {
    StreamPortion(count: min(self.count, count), bytes: min(self.bytes, bytes))
  }
}

extension Parameter {
  static let stream = Parameter(
    "stream", #"{"type":"string","minLength":1}"#, required: true,
    "The stream, or its dead letters: its name and \":dead-letters\". At most 1,024 bytes.")
  static let group = Parameter(
    "group", #"{"type":"string","minLength":1}"#, required: true,
    "The group of consumers, at most 256 bytes.")
  static let consumer = Parameter(
    "consumer", #"{"type":"string","minLength":1}"#, required: true,
    "Who of the group reads, at most 256 bytes; a name that stays the same over restarts.")
  static let streamCount = Parameter(
    "count", #"{"type":"integer","minimum":1,"maximum":1000,"default":10}"#,
    "How many messages at most; fewer if they are long. Default: 10.")
}
