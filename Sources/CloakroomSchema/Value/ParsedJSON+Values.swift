internal import CloakroomWire

/// Values of a document, compared as JSON Schema does: 1 is 1.0, and members have no order.
extension ParsedJSON {
  /// A number's value.
  func number(_ node: Int) -> JSONNumber {
    let place = nodes[node]
    return JSONNumber(bytes.span.bytes, ByteRange(Int(place.start)..<Int(place.end)))
  }

  /// A hash of a value, the same for all that are equal.
  ///
  /// - Parameter budget: a step for each node, and more for long strings and numbers.
  func hash(of node: Int, _ budget: inout Budget) throws(SchemaFault) -> UInt64 {
    let place = nodes[node]
    try budget.spend(1)
    switch place.kind {
    case .null, .true, .false: return JSONHash.joined(3, UInt64(place.kind.rawValue))
    case .number:
      try budget.spend(JSONNumber.weight(place.byteCount) - 1)
      return number(node).hash
    case .string:
      try budget.spend(place.byteCount / 64)
      return JSONHash.of(bytes.span.bytes, Int(place.start), Int(place.end))
    case .array:
      var hash: UInt64 = 4
      var element = node + 1
      for _ in 0..<place.count {
        hash = JSONHash.joined(hash, try self.hash(of: element, &budget))
        element = next(element)
      }
      return hash
    case .object:
      var sum: UInt64 = 5
      var name = node + 1
      for _ in 0..<place.count {
        try budget.spend(1)
        sum &+= JSONHash.joined(
          UInt64(nodes[name].count), try self.hash(of: name + 1, &budget))
        name = next(name + 1)
      }
      return JSONHash.joined(sum, UInt64(place.count))
    }
  }

  /// Whether a value is equal to a value of another document, or of this one.
  func isEqual(
    _ node: Int, to other: ParsedJSON, _ otherNode: Int, _ budget: inout Budget
  ) throws(SchemaFault) -> Bool {
    let (place, otherPlace) = (nodes[node], other.nodes[otherNode])
    try budget.spend(1)
    guard place.kind == otherPlace.kind else { return false }
    switch place.kind {
    case .null, .true, .false: return true
    case .number:
      try budget.spend(
        JSONNumber.weight(place.byteCount) + JSONNumber.weight(otherPlace.byteCount))
      return number(node) == other.number(otherNode)
    case .string:
      guard place.byteCount == otherPlace.byteCount else { return false }
      try budget.spend(place.byteCount / 64)
      return Self.areEqual(text(of: node), other.text(of: otherNode))
    case .array:
      guard place.count == otherPlace.count else { return false }
      var (element, otherElement) = (node + 1, otherNode + 1)
      for _ in 0..<place.count {
        guard try isEqual(element, to: other, otherElement, &budget) else { return false }
        element = next(element)
        otherElement = other.next(otherElement)
      }
      return true
    case .object:
      guard place.count == otherPlace.count else { return false }
      var name = node + 1
      for _ in 0..<place.count {
        try budget.spend(1 + nodes[name].byteCount / 64)
        guard
          let value = other.member(
            of: otherNode, named: text(of: name), hash: UInt64(nodes[name].count)),
          try isEqual(name + 1, to: other, value, &budget)
        else { return false }
        name = next(name + 1)
      }
      return true
    }
  }

  /// The number of code points of a string.
  func length(of node: Int) -> Int {
    // Every byte but those that continue a sequence begins a code point.
    text(of: node).reduce(into: 0) { count, byte in count += byte & 0xC0 == 0x80 ? 0 : 1 }
  }
}
