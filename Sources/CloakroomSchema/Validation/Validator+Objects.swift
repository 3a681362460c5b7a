extension Validator {
  /// Applies a keyword that is about objects.
  mutating func applyToObject(
    _ keyword: Keyword, of subschema: Subschema, to object: JSONObject, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    let count = object.members.count
    switch keyword {
    case .maxProperties(let limit):
      return count <= limit
        || report("maxProperties", of: subschema, "has more than \(limit) members")
    case .minProperties(let limit):
      return count >= limit
        || report("minProperties", of: subschema, "has fewer than \(limit) members")
    case .required(let names): return try require(names, "required", of: subschema, in: object)
    case .dependentRequired(let entries):
      var isValid = true
      for (name, names) in entries {
        try budget.spend(1)
        guard object[name] != nil else { continue }
        let isComplete = try require(names, "dependentRequired", of: subschema, in: object)
        isValid = isValid && isComplete
        if !isValid, isDone { break }
      }
      return isValid
    case .properties(let rules): return try apply(rules, to: object, &marks)
    case .propertyNames(let id): return try applyPropertyNames(id, of: subschema, to: object)
    case .unevaluatedProperties(let id):
      var isValid = true
      for (index, member) in object.members.enumerated() {
        try budget.spend(1)
        guard marks?.contains(index) != true else { continue }
        marks?.insert(index)
        let isMemberValid = try evaluate(id, member.value, at: .member(member.name))
        isValid = isValid && isMemberValid
        if !isValid, isDone { break }
      }
      return isValid
    default: return true
    }
  }

  private mutating func require(
    _ names: [JSONText], _ keyword: String, of subschema: Subschema, in object: JSONObject
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    for name in names {
      try budget.spend(1)
      guard object[name] == nil else { continue }
      // The name is the schema's, not the value's.
      let isShort = name.utf8.count <= 128
      isValid = report(
        keyword, of: subschema, isShort ? "lacks the member \"\(name.string)\"" : "lacks a member")
      if isDone { break }
    }
    return isValid
  }

  private mutating func apply(
    _ rules: PropertyRules, to object: JSONObject, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    for (index, member) in object.members.enumerated() {
      let step = JSONPointer.Step.member(member.name)
      try budget.spend(1)
      var isKnown = false
      if let id = rules.named[member.name] {
        isKnown = true
        let isMemberValid = try evaluate(id, member.value, at: step)
        isValid = isValid && isMemberValid
      }
      for (pattern, id) in rules.patterns {
        guard try pattern.matches(member.name, budget: &budget) else { continue }
        isKnown = true
        let isMemberValid = try evaluate(id, member.value, at: step)
        isValid = isValid && isMemberValid
      }
      if !isKnown, let id = rules.additional {
        isKnown = true
        let isMemberValid = try evaluate(id, member.value, at: step)
        isValid = isValid && isMemberValid
      }
      if isKnown { marks?.insert(index) }
      if !isValid, isDone { break }
    }
    return isValid
  }

  private mutating func applyPropertyNames(
    _ id: Int, of subschema: Subschema, to object: JSONObject
  ) throws(SchemaFault) -> Bool {
    var isValid = true
    for member in object.members {
      var none: Marks?
      guard try !matches(id, .string(member.name), &none) else { continue }
      isValid = report(
        "propertyNames", of: subschema, at: .member(member.name),
        "has a name that members must not have")
      if isDone { break }
    }
    return isValid
  }
}
