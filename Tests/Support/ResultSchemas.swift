internal import CloakroomMethods
internal import CloakroomSchema
internal import Foundation
internal import Testing

/// Holds results against the schemas that the method table gives for them.
///
/// The schemas say which members a result has, and callers may rely on there being no others: an object
/// whose members are named and that says nothing of others is closed here.
public enum ResultSchemas {
  /// Records an issue for each thing in which a method's result is not as the table's schema has it.
  ///
  /// - Parameter result: the result's JSON.
  public static func check(_ result: some Collection<UInt8>, of method: String) {
    for fault in faults(of: result, of: method) { Issue.record("\(fault)") }
  }

  /// What is wrong with a method's result, each with the method, where it is, and the keyword that says
  /// so; nothing for a method that is not in the table.
  static func faults(of result: some Collection<UInt8>, of method: String) -> [String] {
    switch schemas[method] {
    case .none: []
    case .success(let schema): faults(of: result, by: schema, of: method)
    case .failure(let fault): ["the schema of \(method)'s result: \(fault)"]
    }
  }

  /// The same by another schema than the table's.
  static func faults(
    of result: some Collection<UInt8>, by schema: String, of method: String
  ) -> [String] {
    switch compile(schema) {
    case .success(let schema): faults(of: result, by: schema, of: method)
    case .failure(let fault): ["the schema of \(method)'s result: \(fault)"]
    }
  }

  private static let schemas: [String: Result<JSONSchema, SchemaFault>] = Dictionary(
    MethodTable.standard.methods.map { ($0.name, compile("\($0.resultSchema)")) },
    uniquingKeysWith: { first, _ in first })

  private static func faults(
    of result: some Collection<UInt8>, by schema: JSONSchema, of method: String
  ) -> [String] {
    do {
      return try schema.validate(Array(result).span.bytes).map { violation in
        let place = violation.instanceLocation.isEmpty ? "/" : violation.instanceLocation
        return
          "\(method) answers \(place) against \(violation.keywordLocation): \(violation.message)"
      }
    } catch .unreadable {
      // A caller's value that can be passed on but not looked into, as half a surrogate pair.
      return []
    } catch {
      return ["\(method) answers what can't be held against its schema: \(error)"]
    }
  }

  private static func compile(_ text: String) -> Result<JSONSchema, SchemaFault> {
    do {
      let json = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      let closed = try JSONSerialization.data(
        withJSONObject: closed(json), options: .fragmentsAllowed)
      var limits = SchemaLimits()
      limits.valueBytes = 256 << 20
      limits.steps = 1 << 30
      return .success(try JSONSchema([UInt8](closed).span.bytes, limits: limits))
    } catch {
      return .failure(error as? SchemaFault ?? .unreadable(at: "", message: "\(error)"))
    }
  }

  /// A schema whose objects have no members but those that are named.
  private static func closed(_ schema: Any) -> Any {
    if let list = schema as? [Any] { return list.map(closed) }
    guard var members = (schema as? [String: Any])?.mapValues(closed) else { return schema }
    if members["properties"] is [String: Any], members["additionalProperties"] == nil {
      members["additionalProperties"] = false
    }
    return members
  }
}
