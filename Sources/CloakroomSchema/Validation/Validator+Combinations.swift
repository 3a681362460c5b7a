internal import CloakroomWire

extension Validator {
  /// Applies a keyword that applies subschemas to the value itself.
  mutating func applyCombination(
    _ keyword: Keyword, of schema: Int, to node: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    switch keyword {
    case .allOf(let ids):
      var isValid = true
      for id in ids {
        let isPartValid = try evaluate(id, node, &marks)
        isValid = isValid && isPartValid
        if !isValid, isDone { break }
      }
      return isValid
    case .anyOf(let ids):
      var isValid = false
      for id in ids {
        let isPartValid = try matches(id, node, &marks)
        isValid = isValid || isPartValid
        // Each that matches marks something of its own.
        if isValid, marks == nil { break }
      }
      return isValid || report("anyOf", of: schema, "is none of the kinds that are allowed")
    case .oneOf(let ids): return try applyOneOf(ids, of: schema, to: node, &marks)
    case .not(let id):
      var none: Marks?
      return try !matches(id, node, &none)
        || report("not", of: schema, "is of a kind that is not allowed")
    case .conditional(let condition, let then, let otherwise):
      let branch = try matches(condition, node, &marks) ? then : otherwise
      guard let branch else { return true }
      return try evaluate(branch, node, &marks)
    case .dependentSchemas(let entries):
      guard document.nodes[node].kind == .object else { return true }
      var isValid = true
      for (name, id) in entries {
        guard try has(name, in: node) else { continue }
        let isPartValid = try evaluate(id, node, &marks)
        isValid = isValid && isPartValid
        if !isValid, isDone { break }
      }
      return isValid
    default: return true
    }
  }

  private mutating func applyOneOf(
    _ ids: [Int], of schema: Int, to node: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    var count = 0
    // If two match, the whole fails, and what they have marked is of no account.
    for id in ids where count < 2 { count += try matches(id, node, &marks) ? 1 : 0 }
    switch count {
    case 0: return report("oneOf", of: schema, "is none of the kinds that are allowed")
    case 1: return true
    default:
      return report("oneOf", of: schema, "is of several kinds where it must be of one")
    }
  }
}
