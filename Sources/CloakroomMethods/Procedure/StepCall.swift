public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// A call that is one step of the store and ends with its reply, whatever that is, but needs more of its parameters
/// then than a primitive can remember: it takes no task, and one object.
public protocol StepCall: AnyObject, Sendable {
  /// The step. It keeps no answer for a repetition of the call.
  var command: StoreCommand { get }
  /// Writes the result's JSON.
  ///
  /// - Returns: what the call is counted as, if anything.
  /// - Throws: why there is no result.
  func end(
    _ reply: borrowing StoreReply, writingTo result: inout ByteBuffer
  ) throws(RPCError) -> RateDecision?
}
