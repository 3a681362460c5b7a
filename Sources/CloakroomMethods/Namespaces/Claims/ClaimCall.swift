internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `claim.once`: a request for a claim, and its wait in the queue.
///
/// A waiter is told by a message on the claim's name when to ask again, and the first in the queue asks
/// by itself when the holder's time is over. All others only send a heartbeat now and then. So the store
/// is asked a few times for each claim that is granted, however many wait.
struct ClaimCall: Sendable {
  /// How long the queue keeps the place of a waiter that sends no heartbeat, in milliseconds: long after it
  /// would have asked unasked.
  private static let placeMs: Int64 = 10_000

  let key: StoreKey
  let request: ClaimRequest
  let isBound: Bool
  private let patience: Patience

  init(
    key: StoreKey, owner: String, life: TimeToLive, waitMs: Int64, isBound: Bool,
    waiterLimit: Int
  ) {
    self.key = key
    self.isBound = isBound
    patience = Patience(waitMs: waitMs)
    request = ClaimRequest(
      owner: owner, life: life, ticket: ClaimTicket(),
      wait: waitMs > 0 ? ClaimWait(patienceMs: Self.placeMs, limit: waiterLimit) : nil)
  }

  /// How the call begins: the claim is asked for in the order of the connection's calls.
  var opening: Opening {
    .ask(
      .step(TakeClaim(key, request)),
      then: { reply, context, result throws(RPCError) in
        do throws(RPCError) {
          if let place = try finish(reply.get(TakeClaim.self), context, &result) {
            return { context throws(RPCError) in try await wait(at: place, context) }
          }
        } catch {
          if !context.keeps(reply), let command = undo(reply) { context.takeBack(by: command) }
          throw error
        }
        return nil
      },
      undo: undo, undoesAll: true)
  }

  /// What takes the first step back: the place in the queue, or a claim that nobody gets.
  @Sendable
  private func undo(_ reply: StoreReply) -> StoreCommand? {
    do throws(RPCError) {
      switch try reply.get(TakeClaim.self) {
      case .waiting(let place): return withdrawal(number: place.number)
      case .held: return withdrawal()
      case .state: return nil
      }
    } catch {
      return error.reason == .outcomeUnknown ? withdrawal() : nil
    }
  }

  // MARK: Waiting

  /// Waits until the claim is granted, or has been waited for for long enough.
  private func wait(
    at place: ClaimPlace, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    var place = place
    var isKept = false
    do throws(RPCError) {
      let queue = WaiterQueue(key, waking: .named(ByteBuffer(string: request.ticket.id)))
      let waiter = try await patience.waiter(on: key, in: queue, context)
      defer { waiter.close() }
      while true {
        // The first time too: changes before the waiter was subscribed were missed.
        let reply = await ask(at: place, context)
        isKept = context.keeps(reply)
        if let cancellation = context.cancellation { throw cancellation }
        if case .failure(let error) = reply, error.isOutage, !patience.isOver {
          try await patience.sitOut(context)
          continue
        }
        var result = ByteBuffer()
        guard let current = try finish(reply.get(TakeClaim.self), context, &result) else {
          return result
        }
        place = current
        try await listen(at: place, to: waiter)
      }
    } catch {
      if !isKept { context.takeBack(by: withdrawal(number: place.number)) }
      throw error
    }
  }

  /// Asks for the claim again; for the last time once it has been waited for for long enough.
  private func ask(at place: ClaimPlace, _ context: CallContext) async -> StoreReply {
    var request = request
    request.ticket.number = place.number
    if patience.isOver { request.wait = nil }
    // What is kept for a repetition stays.
    return await context.perform(
      context.idempotent(.step(TakeClaim(key, request)), step: 0),
      isTakenBack: !context.hasIdempotencyKey)
  }

  /// Waits until it is time to ask again.
  private func listen(at place: ClaimPlace, to waiter: Waiter) async throws(RPCError) {
    var pause = Duration.milliseconds(Int64.random(in: Patience.silenceMs))
    // It is free one millisecond after the last in which it was held.
    if place.isFirst { pause = min(pause, .milliseconds(place.remainingMs + 1)) }
    _ = try await waiter.wait(atMost: min(pause, patience.remaining))
  }

  // MARK: Ending

  /// Writes the result, and binds a claim that was granted to the connection if it is to be.
  ///
  /// - Returns: where the request still waits; nil when it has come to its end.
  private func finish(
    _ reply: TakeClaim.Reply, _ context: CallContext, _ result: inout ByteBuffer
  ) throws(RPCError) -> ClaimPlace? {
    switch reply {
    case .waiting(let place):
      return place
    case .held(let hold):
      if isBound {
        try context.onClose(
          key, submit: .step(ReleaseClaim(key, owner: request.owner, fence: hold.fence)))
      }
      result.writeStaticString("{\"claimed\":true,")
      result.writeClaim(
        ClaimState(owner: request.owner, fence: hold.fence, expiresAtMs: hold.expiresAtMs))
    case .state(let state):
      result.writeStaticString("{\"claimed\":false,")
      result.writeClaim(state)
    }
    return nil
  }

  /// Leaves the queue, and gives back a claim that has been granted although nobody gets it.
  private func withdrawal(number: Int64? = nil) -> StoreCommand {
    var ticket = request.ticket
    ticket.number = number
    return .step(WithdrawClaim(key, ticket))
  }
}
