import CloakroomSchema

extension JSONSchema {
  /// Compiles a schema from a string.
  init(_ text: String, limits: SchemaLimits = SchemaLimits()) throws(SchemaFault) {
    let bytes = Array(text.utf8)
    try self.init(bytes.span.bytes, limits: limits)
  }

  /// Holds a value against the schema.
  func validate(_ text: String) throws(SchemaFault) -> [SchemaViolation] {
    let bytes = Array(text.utf8)
    return try validate(bytes.span.bytes)
  }
}
