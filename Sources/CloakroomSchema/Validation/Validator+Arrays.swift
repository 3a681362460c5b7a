extension Validator {
  /// Applies a keyword that is about arrays.
  mutating func applyToArray(
    _ keyword: Keyword, of subschema: Subschema, to array: JSONArray, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    let count = array.elements.count
    switch keyword {
    case .maxItems(let limit):
      return count <= limit
        || report("maxItems", of: subschema, "has more than \(limit) elements")
    case .minItems(let limit):
      return count >= limit
        || report("minItems", of: subschema, "has fewer than \(limit) elements")
    case .uniqueItems: return try applyUniqueItems(of: subschema, to: array)
    case .prefixItems(let ids):
      var isValid = true
      for (index, id) in ids.prefix(count).enumerated() {
        marks?.insert(index)
        let isElementValid = try evaluate(id, array.elements[index], at: .element(index))
        isValid = isValid && isElementValid
        if !isValid, isDone { break }
      }
      return isValid
    case .items(let id, let start): return try applyItems(id, from: start, to: array, &marks)
    case .contains(let id, let minimum, let maximum):
      return try applyContains(id, minimum, maximum, of: subschema, to: array, &marks)
    case .unevaluatedItems(let id):
      return try applyItems(id, from: 0, to: array, &marks, skippingMarked: true)
    default: return true
    }
  }

  private mutating func applyUniqueItems(
    of subschema: Subschema, to array: JSONArray
  ) throws(SchemaFault) -> Bool {
    try budget.spend(array.weight)
    var seen = Set<JSONValue>(minimumCapacity: array.elements.count)
    for (index, element) in array.elements.enumerated() where !seen.insert(element).inserted {
      return report(
        "uniqueItems", of: subschema, at: .element(index), "is equal to an element before it")
    }
    return true
  }

  /// Applies a subschema to the elements from an index on and marks them.
  private mutating func applyItems(
    _ id: Int, from start: Int, to array: JSONArray, _ marks: inout Marks?,
    skippingMarked: Bool = false
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    for index in array.elements.indices.dropFirst(start) {
      try budget.spend(1)
      if skippingMarked, marks?.contains(index) == true { continue }
      marks?.insert(index)
      let isElementValid = try evaluate(id, array.elements[index], at: .element(index))
      isValid = isValid && isElementValid
      if !isValid, isDone { break }
    }
    return isValid
  }

  private mutating func applyContains(
    _ id: Int, _ minimum: Int, _ maximum: Int?, of subschema: Subschema, to array: JSONArray,
    _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    var count = 0
    for (index, element) in array.elements.enumerated() {
      // Enough are found, and nobody asks for the others.
      if marks == nil, maximum == nil, count >= minimum { break }
      var none: Marks?
      guard try matches(id, element, &none) else { continue }
      marks?.insert(index)
      count += 1
    }
    if count < minimum {
      let keyword = minimum == 1 ? "contains" : "minContains"
      return report(
        keyword, of: subschema, "has fewer than \(minimum) elements of the kind that it must have")
    }
    if let maximum, count > maximum {
      return report(
        "maxContains", of: subschema,
        "has more than \(maximum) elements of the kind that it may have")
    }
    return true
  }
}
