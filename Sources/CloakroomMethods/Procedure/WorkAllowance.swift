public import CloakroomCore
internal import CloakroomSchema
internal import NIOCore

/// What a call's looking into values may still cost: on an event loop so little that others hardly wait for it, off
/// it as much as a call may take at all.
///
/// One goes through all of a call, however many schemas it meets. What is too much for the loop ends there with
/// `tooMuchForLoop`, and is done from the beginning off it.
public struct WorkAllowance: Sendable {
  /// How many steps of schemas a loop takes: a third of a millisecond.
  private static let stepsOnLoop = 30_000

  /// Whether it is an event loop that would wait.
  let isOnLoop: Bool
  /// The steps that are left for holding values against schemas.
  private var steps: SchemaAllowance

  private init(isOnLoop: Bool) {
    self.isOnLoop = isOnLoop
    var limits = SchemaLimits()
    if isOnLoop { limits.steps = Self.stepsOnLoop }
    steps = SchemaAllowance(limits: limits)
  }

  /// What is done on an event loop.
  public static var onLoop: WorkAllowance { WorkAllowance(isOnLoop: true) }

  /// What is done on a thread that nobody else waits for, or once when the sidecar starts.
  public static var whole: WorkAllowance { WorkAllowance(isOnLoop: false) }

  /// Checks that so many bytes are not too much where they are.
  ///
  /// - Throws: `tooMuchForLoop`.
  func checkSize(_ bytes: Int, atMost limit: Int) throws(RPCError) {
    if isOnLoop, bytes >= limit { throw .tooMuchForLoop }
  }

  /// Holds something against schemas.
  ///
  /// - Throws: `tooMuchForLoop`; otherwise what the fault is to the caller.
  mutating func hold<Answer>(
    _ body: (inout SchemaAllowance) throws(SchemaFault) -> Answer
  ) throws(RPCError) -> Answer {
    do throws(SchemaFault) {
      return try body(&steps)
    } catch {
      if isOnLoop, error == .exceeds(.steps) { throw .tooMuchForLoop }
      throw RPCError(unreadable: error)
    }
  }

  /// Compiles a schema.
  ///
  /// - Parameter refusal: what a fault is to the caller.
  /// - Throws: `tooMuchForLoop`; the refusal.
  func compile(
    _ text: ByteBuffer, refusal: (SchemaFault) -> RPCError
  ) throws(RPCError) -> JSONSchema {
    try checkSize(text.readableBytes, atMost: ComputePool.schemaBytes)
    var limits = SchemaLimits()
    if isOnLoop {
      // A few words can make a large automaton.
      limits.patternStates = 500
      limits.compiledBytes = 256 << 10
    }
    do throws(SchemaFault) {
      return try JSONSchema(text.readableBytesSpan, limits: limits)
    } catch {
      if isOnLoop, case .exceeds = error { throw .tooMuchForLoop }
      throw refusal(error)
    }
  }
}

extension RPCError {
  /// Ends work on an event loop that is to be done off it; no caller is told.
  public static let tooMuchForLoop = RPCError(.internal, "this takes too long for an event loop")
}
