internal import CloakroomCore
public import CloakroomStore
internal import NIOCore

/// The parameters `idempotencyKey` and `idempotencyTtl`, which every method takes.
extension Arguments {
  /// How long an idempotency key is at most, in bytes.
  private static let longestKey = 256

  /// Has a mutation keep its answer, if the call has an idempotency key.
  @inlinable
  public mutating func idempotent(_ command: consuming StoreCommand) -> StoreCommand {
    guard let idempotency else { return command }
    return idempotency.keeping(command, step: 0)
  }

  /// Has each mutation keep its answer, if the call has an idempotency key.
  public mutating func idempotent(_ commands: [StoreCommand]) -> [StoreCommand] {
    guard let idempotency else { return commands }
    return commands.enumerated().map { step, command in idempotency.keeping(command, step: step) }
  }

  /// Has a procedure's first step keep its answer, if the call has an idempotency key. What is kept,
  /// or may be, is not taken back when nobody waits any more: a repetition of the call is told
  /// that it was done.
  public mutating func idempotent(_ opening: Opening) -> Opening {
    guard let idempotency, case .ask(let command, let then, let undo, _) = opening,
      command.isMutation
    else {
      return opening
    }
    return .ask(
      idempotency.keeping(command, step: 0), then: then, undo: { $0.mayBeKept ? nil : undo($0) },
      undoesAll: false)
  }

  /// Reads an idempotency key, and names the record for it.
  ///
  /// - Parameter life: where the caller may say how long the answer is kept.
  /// - Throws: INVALID_PARAMS for what is no string of 1 to 256 bytes, and for a call whose effect ends
  ///   with its connection: repeated on another, it would be told of what is not there any more.
  ///   TTL_INVALID for a life that is none.
  mutating func readIdempotency(
    _ slot: Int, life: Int, of method: Method
  ) throws(RPCError) -> IdempotencyRecord {
    let key = try string(slot, "idempotencyKey", longest: Self.longestKey)
    guard !key.isEmpty else { throw RPCError(.invalidParams, "idempotencyKey may not be empty") }
    guard try !endsWithConnection(method) else {
      throw RPCError(
        .invalidParams,
        "what lasts as long as its connection can't be repeated: no idempotencyKey goes with it")
    }
    guard let permit else { throw RPCError(.internal) }
    var name = ByteBuffer()
    // The namespace has other tenants than this parameter.
    let own = "call:" + key
    try permit.keySpace.write(.idempotency, scope: scope, key: own.utf8.span.bytes, into: &name)
    return IdempotencyRecord(
      name: StoreKey(bytes: name), fingerprint: try fingerprint(of: method),
      life: try givenLife(life, "idempotencyTtl") ?? settings.idempotencyTTL)
  }

  /// Whether what the call does lasts as long as its connection.
  private mutating func endsWithConnection(_ method: Method) throws(RPCError) -> Bool {
    if method.endsWithConnection { return true }
    for slot in method.parameters.indices where method.parameters[slot].endsWithConnection {
      if try flag(slot, method.parameters[slot].name) { return true }
    }
    return false
  }

  /// Tells a call from every other: the method and its own parameters, byte for byte, in the table's
  /// order. Each has its length before it, so that no two calls are one text.
  private mutating func fingerprint(of method: Method) throws(RPCError) -> Fingerprint {
    if method.beginsAnywhere {
      try allowance.checkSize(held.bytes.readableBytes, atMost: ComputePool.copiedBytes)
    }
    var text = ByteBuffer()
    text.writeInteger(method.name.utf8.count)
    text.writeString(method.name)
    for slot in method.parameters.indices where has(slot) {
      text.writeInteger(slot)
      let range = try member(slot, method.parameters[slot].name).value
      text.writeInteger(range.count)
      text.writeBytes(range, of: held.bytes.readableBytesSpan)
    }
    return Fingerprint(of: text)
  }
}
