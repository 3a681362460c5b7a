/// A JSON value that can be compared as JSON Schema does: 1 is 1.0, members have no order.
enum JSONValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case number(JSONNumber)
  case string(JSONText)
  case array(JSONArray)
  case object(JSONObject)

  /// What it costs to look at everything in the value, in steps of a validation.
  var weight: Int {
    switch self {
    case .null, .boolean: 1
    case .number(let number): number.weight
    case .string(let text): text.weight
    case .array(let array): array.weight
    case .object(let object): object.weight
    }
  }
}

/// The elements of a JSON array.
struct JSONArray: Sendable, Hashable {
  let elements: [JSONValue]
  /// What it costs to look at everything in it, in steps of a validation.
  let weight: Int

  init(_ elements: [JSONValue]) {
    self.elements = elements
    weight = elements.reduce(1) { $0 + $1.weight }
  }
}
