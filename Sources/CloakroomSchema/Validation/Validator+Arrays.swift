internal import CloakroomWire

extension Validator {
  /// Applies a keyword that is about arrays.
  mutating func applyToArray(
    _ keyword: Keyword, of schema: Int, to array: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    let count = Int(document.nodes[array].count)
    switch keyword {
    case .maxItems(let limit):
      return count <= limit
        || report("maxItems", of: schema, "has more than \(limit) elements")
    case .minItems(let limit):
      return count >= limit
        || report("minItems", of: schema, "has fewer than \(limit) elements")
    case .uniqueItems: return try applyUniqueItems(of: schema, to: array)
    case .prefixItems(let ids):
      var isValid = true
      var element = array + 1
      for (index, id) in ids.prefix(count).enumerated() {
        try budget.spend(1)
        marks?.insert(index)
        let isElementValid = try evaluate(id, element, at: -1 - index)
        isValid = isValid && isElementValid
        if !isValid, isDone { break }
        element = document.next(element)
      }
      return isValid
    case .items(let id, let start): return try applyItems(id, from: start, to: array, &marks)
    case .contains(let id, let minimum, let maximum):
      return try applyContains(id, minimum, maximum, of: schema, to: array, &marks)
    case .unevaluatedItems(let id):
      return try applyItems(id, from: 0, to: array, &marks, skippingMarked: true)
    default: return true
    }
  }

  private mutating func applyUniqueItems(
    of schema: Int, to array: Int
  ) throws(SchemaFault) -> Bool {
    let count = Int(document.nodes[array].count)
    guard count > 1 else { return true }
    try budget.spend(2 * count)
    // Half of the places at most are taken, by an element's index plus one.
    let mask = 1 << (Int.bitWidth - (2 * count - 1).leadingZeroBitCount) - 1
    var places = [UInt32](repeating: 0, count: mask + 1)
    var elements: [(hash: UInt64, node: Int)] = []
    elements.reserveCapacity(count)
    var element = array + 1
    for index in 0..<count {
      let hash = try document.hash(of: element, &budget)
      var place = Int(truncatingIfNeeded: hash) & mask
      while places[place] > 0 {
        let other = elements[Int(places[place]) - 1]
        try budget.spend(1)
        if other.hash == hash,
          try document.isEqual(element, to: document, other.node, &budget)
        {
          return report(
            "uniqueItems", of: schema, at: -1 - index, "is equal to an element before it")
        }
        place = (place + 1) & mask
      }
      places[place] = UInt32(clamping: index + 1)
      elements.append((hash, element))
      element = document.next(element)
    }
    return true
  }

  /// Applies a subschema to the elements from an index on and marks them.
  private mutating func applyItems(
    _ id: Int, from start: Int, to array: Int, _ marks: inout Marks?,
    skippingMarked: Bool = false
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    var element = array + 1
    for index in 0..<Int(document.nodes[array].count) {
      try budget.spend(1)
      defer { element = document.next(element) }
      guard index >= start, !skippingMarked || marks?.contains(index) != true else { continue }
      marks?.insert(index)
      let isElementValid = try evaluate(id, element, at: -1 - index)
      isValid = isValid && isElementValid
      if !isValid, isDone { break }
    }
    return isValid
  }

  private mutating func applyContains(
    _ id: Int, _ minimum: Int, _ maximum: Int?, of schema: Int, to array: Int,
    _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    var count = 0
    var element = array + 1
    for index in 0..<Int(document.nodes[array].count) {
      // Enough are found, and nobody asks for the others.
      if marks == nil, maximum == nil, count >= minimum { break }
      try budget.spend(1)
      defer { element = document.next(element) }
      var none: Marks?
      guard try matches(id, element, &none) else { continue }
      marks?.insert(index)
      count += 1
    }
    if count < minimum {
      let keyword = minimum == 1 ? "contains" : "minContains"
      return report(
        keyword, of: schema, "has fewer than \(minimum) elements of the kind that it must have")
    }
    if let maximum, count > maximum {
      return report(
        "maxContains", of: schema,
        "has more than \(maximum) elements of the kind that it may have")
    }
    return true
  }
}
