/// A request's bytes with gaps of fixed width for its id and its key's number: a request is one
/// copy and a few digits.
struct RequestTemplate: Sendable {
  /// Every id has ten digits: this is the least, and the ids stay below ten times it.
  static let firstID = 1_000_000_000
  static let idDigits = 10
  /// A key's number is below this.
  static let keyLimit = 100_000_000
  static let keyDigits = 8

  let bytes: [UInt8]
  private let idOffset: Int?
  private let keyOffset: Int

  init(_ dialect: Dialect, _ operation: LoadWork.Operation, _ work: LoadWork) {
    var text = ""
    var idOffset: Int?
    let key = work.keyPrefix
    let gap = String(repeating: "0", count: Self.keyDigits)
    let keyOffset: Int
    switch dialect {
    case .jsonRPC:
      text = #"{"jsonrpc":"2.0","id":"#
      idOffset = text.utf8.count
      text += "\(Self.firstID)"
      text += #","method":"\#(operation.rawValue)","params":{"key":"\#(key)"#
      keyOffset = text.utf8.count
      text += gap + "\""
      if operation == .set { text += #","value":\#(work.value),"ttl":\#(work.ttl)"# }
      text += "}}\n"
    case .resp:
      let before: [String]
      var after: [String] = []
      switch operation {
      case .get: before = ["GET"]
      case .set:
        before = ["SET"]
        after = [work.value, "EX", "\(work.ttl)"]
      case .remove: before = ["DEL"]
      }
      text = "*\(before.count + 1 + after.count)\r\n"
      for argument in before { text += Self.argument(argument) }
      text += "$\(key.utf8.count + Self.keyDigits)\r\n\(key)"
      keyOffset = text.utf8.count
      text += gap + "\r\n"
      for argument in after { text += Self.argument(argument) }
    }
    bytes = Array(text.utf8)
    self.idOffset = idOffset
    self.keyOffset = keyOffset
  }

  /// A command as a RESP array of bulk strings.
  static func command(_ arguments: [String]) -> [UInt8] {
    Array("*\(arguments.count)\r\n\(arguments.map(argument).joined())".utf8)
  }

  private static func argument(_ text: String) -> String {
    "$\(text.utf8.count)\r\n\(text)\r\n"
  }

  /// Appends a request.
  ///
  /// - Parameters:
  ///   - id: `firstID` or more, of `idDigits` digits.
  ///   - key: the key's number, below `keyLimit`.
  func append(id: Int, key: Int, to output: inout [UInt8]) {
    let start = output.count
    output.append(contentsOf: bytes)
    if let idOffset { Self.write(id, Self.idDigits, at: start + idOffset, in: &output) }
    Self.write(key, Self.keyDigits, at: start + keyOffset, in: &output)
  }

  /// Writes a number over the digits of a gap.
  static func write(
    _ number: Int, _ digits: Int, at start: Int, in output: inout [UInt8]
  ) {
    var rest = UInt64(clamping: number)
    var at = start + digits - 1
    while at >= start {
      output[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      at -= 1
    }
  }
}
