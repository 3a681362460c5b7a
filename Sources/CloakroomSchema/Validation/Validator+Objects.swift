internal import CloakroomWire

extension Validator {
  /// Applies a keyword that is about objects.
  mutating func applyToObject(
    _ keyword: Keyword, of schema: Int, to object: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    let count = Int(document.nodes[object].count)
    switch keyword {
    case .maxProperties(let limit):
      return count <= limit
        || report("maxProperties", of: schema, "has more than \(limit) members")
    case .minProperties(let limit):
      return count >= limit
        || report("minProperties", of: schema, "has fewer than \(limit) members")
    case .required(let names): return try require(names, "required", of: schema, in: object)
    case .dependentRequired(let entries):
      var isValid = true
      for (name, names) in entries {
        guard try has(name, in: object) else { continue }
        let isComplete = try require(names, "dependentRequired", of: schema, in: object)
        isValid = isValid && isComplete
        if !isValid, isDone { break }
      }
      return isValid
    case .properties(let rules): return try apply(rules, to: object, &marks)
    case .propertyNames(let id): return try applyPropertyNames(id, of: schema, to: object)
    case .unevaluatedProperties(let id):
      var isValid = true
      var name = object + 1
      for index in 0..<count {
        try budget.spend(1)
        defer { name = document.next(name + 1) }
        guard marks?.contains(index) != true else { continue }
        marks?.insert(index)
        let isMemberValid = try evaluate(id, name + 1, at: name)
        isValid = isValid && isMemberValid
        if !isValid, isDone { break }
      }
      return isValid
    default: return true
    }
  }

  /// Whether an object has a member of a name that the schema speaks of. Such a name is no longer than a location
  /// may be, or it is compared as far as the object's own name goes.
  mutating func has(_ name: MemberName, in object: Int) throws(SchemaFault) -> Bool {
    try budget.spend(2 + name.utf8.count / 64)
    return document.member(of: object, named: name.utf8[...], hash: name.hash) != nil
  }

  private mutating func require(
    _ names: [MemberName], _ keyword: String, of schema: Int, in object: Int
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    for name in names {
      guard try !has(name, in: object) else { continue }
      // The name is the schema's, not the value's.
      let isShort = name.utf8.count <= 128
      isValid = report(
        keyword, of: schema, isShort ? "lacks the member \"\(name.string)\"" : "lacks a member")
      if isDone { break }
    }
    return isValid
  }

  private mutating func apply(
    _ rules: PropertyRules, to object: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    var name = object + 1
    for index in 0..<Int(document.nodes[object].count) {
      try budget.spend(2)
      defer { name = document.next(name + 1) }
      var isKnown = false
      if let id = rules.named.number(of: name, in: document) {
        isKnown = true
        let isMemberValid = try evaluate(id, name + 1, at: name)
        isValid = isValid && isMemberValid
      }
      if let patterns = rules.patterns {
        let matched = try search(patterns.number, in: name, isOneEnough: false)
        for (place, word) in matched.enumerated() {
          var bits = word
          while bits != 0 {
            try budget.spend(1)
            isKnown = true
            let id = patterns.schemas[place * 64 + bits.trailingZeroBitCount]
            bits &= bits - 1
            let isMemberValid = try evaluate(id, name + 1, at: name)
            isValid = isValid && isMemberValid
          }
        }
      }
      if !isKnown, let id = rules.additional {
        isKnown = true
        let isMemberValid = try evaluate(id, name + 1, at: name)
        isValid = isValid && isMemberValid
      }
      if isKnown { marks?.insert(index) }
      if !isValid, isDone { break }
    }
    return isValid
  }

  private mutating func applyPropertyNames(
    _ id: Int, of schema: Int, to object: Int
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    var name = object + 1
    for _ in 0..<document.nodes[object].count {
      try budget.spend(1)
      defer { name = document.next(name + 1) }
      var none: Marks?
      guard try !matches(id, name, &none) else { continue }
      isValid = report(
        "propertyNames", of: schema, at: name, "has a name that members must not have")
      if isDone { break }
    }
    return isValid
  }
}
