internal import CloakroomCore
internal import CloakroomSchema
internal import NIOCore

/// A session's data as its flow looks at them: read once, however much is asked of them.
struct FlowData: Sendable {
  /// Nil where the flow doesn't look into the data.
  private let instance: JSONInstance?

  /// Reads data.
  ///
  /// - Throws: VALIDATION_FAILED for what can't be looked into, TOO_LARGE for what exceeds a limit; neither
  ///   where the flow doesn't look into the data.
  init(_ data: ByteBuffer, of flow: Flow) throws(RPCError) {
    guard flow.looksIntoData else {
      instance = nil
      return
    }
    do throws(SchemaFault) {
      instance = try JSONInstance(data.readableBytesSpan)
    } catch {
      throw RPCError(unreadable: error)
    }
  }

  /// Whether the data fit a schema; none takes any.
  ///
  /// - Parameter allowance: what it may still cost; less afterwards.
  func fit(
    _ schema: JSONSchema?, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> Bool {
    guard let schema, let instance else { return true }
    return try allowance.hold { steps throws(SchemaFault) in
      try schema.accepts(instance, &steps)
    }
  }

  /// In what the data don't fit a schema.
  ///
  /// - Parameter allowance: what it may still cost; less afterwards.
  func violations(
    of schema: JSONSchema?, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> [SchemaViolation] {
    guard let schema, let instance else { return [] }
    return try allowance.hold { steps throws(SchemaFault) in
      try schema.validate(instance, &steps)
    }
  }

  /// Whether what is at any of several places is another in other data.
  ///
  /// - Parameter allowance: what it may still cost; less afterwards.
  /// - Throws: TOO_LARGE when it takes too long to tell.
  func differs(
    from other: FlowData, atAnyOf pointers: [JSONPointer], _ allowance: inout WorkAllowance
  ) throws(RPCError) -> Bool {
    guard let instance, let other = other.instance else { return false }
    return try allowance.hold { steps throws(SchemaFault) in
      for pointer in pointers
      where try !instance.isSame(as: other, at: pointer, &steps) { return true }
      return false
    }
  }
}
