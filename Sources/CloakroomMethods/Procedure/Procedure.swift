public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// The part of a call that takes several steps or has to wait: runs as a task on the event loop of the
/// call's connection, without ever leaving its thread, and returns the result's JSON.
///
/// Steps come one after the other: a procedure has no child tasks.
public typealias Procedure =
  @Sendable (_ context: CallContext) async throws(RPCError) -> ByteBuffer

/// How a procedure begins. What is large is apart, so that the rest is small.
public enum Opening: Sendable {
  /// What the first step's reply leads to: nil when the call ends with what was written to `result`.
  public typealias Then =
    @Sendable (_ reply: StoreReply, _ context: CallContext, _ result: inout ByteBuffer)
    throws(RPCError) -> Procedure?
  /// What takes a first step back when nobody waits for its reply any more: the caller has been told
  /// that its deadline has passed, or is gone. Nil when there is nothing to take back.
  public typealias Undo = @Sendable (_ reply: StoreReply) -> StoreCommand?

  /// A first step of the store, taken in the order of the connection's calls. Most calls end with it
  /// and never become a task.
  ///
  /// `undoesAll`: whether what `undo` leaves is as if the step had never been taken. If not, a caller whose
  /// deadline passes is told that the outcome is unknown.
  indirect case ask(StoreCommand, then: Then, undo: Undo, undoesAll: Bool)
  /// A call on a record, taken in the order of the calls on that record. `otherwise`: how to go on where
  /// it was refused, or the store can't be asked; nil where that ends the call.
  case record(RecordCall, otherwise: @Sendable (_ error: RPCError) -> Procedure?)
  /// Calls on many records and steps beside them, all of them taken at once in the order of the connection's
  /// calls. `end` writes the result of their answers. They are not taken back: a caller whose deadline passes
  /// is told that the outcome is unknown.
  indirect case records(
    [RecordCall], [StoreCommand],
    end:
      @Sendable (
        _ answers: [RecordAnswer], _ replies: [StoreReply], _ context: CallContext,
        _ result: inout ByteBuffer
      ) throws(RPCError) -> Void)
  /// Mostly a look at one record, taken in the order of the calls on that record.
  case look(any RecordLook)
  /// One step of the store, taken in the order of the connection's calls, and nothing else.
  case step(any StepCall)
  /// No first step.
  case run(Procedure)
  /// No step at all: the result's JSON, and what it is counted as.
  indirect case answer(ByteBuffer, RateDecision?)

  /// A first step that needs not be taken back, or can't be.
  public static func ask(_ command: StoreCommand, then: @escaping Then) -> Opening {
    .ask(command, then: then, undo: { _ in nil }, undoesAll: false)
  }

  /// No step at all: the result's JSON.
  public static func answer(_ result: ByteBuffer) -> Opening { .answer(result, nil) }

  /// A call on a record, and that is all.
  static func record(_ call: RecordCall) -> Opening { .record(call, otherwise: { _ in nil }) }

  /// A first step that carries its parts, and needs not be taken back, or can't be.
  ///
  /// - Parameter then: what the step's own reply leads to; a failure ends the call.
  public static func ask<Step: StoreStep>(
    _ step: Step,
    then:
      @escaping @Sendable (_ reply: Step.Reply, _ context: CallContext, _ result: inout ByteBuffer)
      throws(RPCError) -> Procedure?
  ) -> Opening {
    .ask(.step(step)) { reply, context, result throws(RPCError) in
      try then(reply.get(Step.self), context, &result)
    }
  }
}
