internal import CloakroomCore
internal import CloakroomSchema
internal import NIOCore

/// A session's data as its flow looks at them: read once, and with an allowance for all that is asked of them.
///
/// Made anew for each event, so that the work of one is bounded: all schemas of a flow together may cost
/// what one validation may.
struct FlowData: Sendable {
  /// Nil where the flow doesn't look into the data.
  private let instance: JSONInstance?
  private var allowance = SchemaAllowance()

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
  mutating func fit(_ schema: JSONSchema?) throws(RPCError) -> Bool {
    guard let schema, let instance else { return true }
    do throws(SchemaFault) {
      return try schema.accepts(instance, &allowance)
    } catch {
      throw RPCError(unreadable: error)
    }
  }

  /// In what the data don't fit a schema.
  mutating func violations(of schema: JSONSchema?) throws(RPCError) -> [SchemaViolation] {
    guard let schema, let instance else { return [] }
    do throws(SchemaFault) {
      return try schema.validate(instance, &allowance)
    } catch {
      throw RPCError(unreadable: error)
    }
  }

  /// Whether what is at a place is the same in other data.
  ///
  /// - Throws: TOO_LARGE when it takes too long to tell.
  mutating func isSame(as other: FlowData, at pointer: JSONPointer) throws(RPCError) -> Bool {
    guard let instance, let other = other.instance else { return true }
    do throws(SchemaFault) {
      return try instance.isSame(as: other, at: pointer, &allowance)
    } catch {
      throw RPCError(unreadable: error)
    }
  }

  /// Whether what is at any of several places is another in other data.
  ///
  /// - Throws: TOO_LARGE when it takes too long to tell.
  mutating func differs(
    from other: FlowData, atAnyOf pointers: [JSONPointer]
  ) throws(RPCError) -> Bool {
    for pointer in pointers where try !isSame(as: other, at: pointer) { return true }
    return false
  }
}
