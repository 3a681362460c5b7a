internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

/// Commands that keep their answer in an idempotency record, in one script with what they do.
extension RedisStoreLink {
  /// Hands over a command that keeps its answer.
  ///
  /// What is a script already is called in its variant; what is a single command of Redis otherwise
  /// is called by a script here.
  func submit(_ command: StoreCommand, keeping idempotency: IdempotencyRecord, ticket: StoreTicket)
  {
    guard self.idempotency == nil, idempotency.note == nil || command.takesNote else {
      return answer(ticket, .failure(RPCError(.internal)))
    }
    self.idempotency = idempotency
    defer { self.idempotency = nil }
    switch command {
    case .set(let key, let value, let expiry, let condition):
      setByScript(key, value, expiry, condition, ticket)
    case .remove(let key):
      single("UNLINK", key, .boolean, ticket)
    case .take(let key):
      single("GETDEL", key, .value, ticket)
    case .expire(let key, .after(let life)):
      single("PEXPIRE", key, .boolean, ticket, with: life.milliseconds)
    case .expire(let key, .keep):
      single("EXISTS", key, .boolean, ticket)
    case .publish(let name, let message):
      run(
        RedisScripts.publish, ticket, .number, .write, name, arguments: 1,
        payload: message.readableBytes
      ) { $0.write(message) }
    case .expire(_, .never), .add, .takeRate, .commit, .step:
      submit(command, ticket: ticket)
    case .nothing:
      // A script has a key, and this one no other.
      run(RedisScripts.nothing, ticket, .done, .write, idempotency.name, arguments: 0, payload: 0) {
        _ in
      }
    case .get, .getWithMeta, .exists, .getMany, .ping, .read, .idempotent, .recall:
      // Changes nothing; a record in a record is refused above.
      submit(command, ticket: ticket)
    }
  }

  /// Calls a single command on one key, from a script.
  private func single(
    _ name: StaticString, _ key: StoreKey, _ decoder: RedisReplyDecoder, _ ticket: StoreTicket,
    with number: Int64? = nil
  ) {
    run(
      RedisScripts.single, ticket, decoder, .write, key, arguments: number == nil ? 1 : 2,
      payload: 32
    ) {
      $0.write(name)
      if let number { $0.write(number) }
    }
  }

  /// Calls the variant of a script that keeps its answer.
  func run(
    _ script: RedisScript, keeping idempotency: IdempotencyRecord, _ ticket: StoreTicket,
    _ decoder: RedisReplyDecoder, _ key: StoreKey, arguments: Int, payload: Int,
    _ encode: (inout RESPCommandWriter) -> Void
  ) {
    let variant = RedisScripts.idempotent(script)
    let fingerprint = idempotency.fingerprint.bytes
    let note = idempotency.note ?? ByteBuffer()
    let kept: RedisReplyDecoder = decoder == .commit ? .keptCommit : .kept
    let decoder = idempotency.note == nil ? decoder : kept
    send(
      ticket, decoder, .answerKeepingWrite,
      payload: key.count + idempotency.name.count + variant.digest.utf8.count
        + fingerprint.readableBytes + note.readableBytes + 48 + payload,
      arguments: arguments + 9
    ) {
      $0.write(parts: arguments + 9)
      $0.write("EVALSHA")
      $0.write(string: variant.digest)
      $0.write(2)
      $0.write(key.bytes)
      $0.write(idempotency.name.bytes)
      encode(&$0)
      $0.write(fingerprint)
      $0.write(Int64(idempotency.step))
      $0.write(idempotency.life.milliseconds)
      $0.write(note)
    }
  }

  /// Looks for the answer to a step.
  func recall(_ idempotency: IdempotencyRecord, ticket: StoreTicket) {
    run(
      RedisScripts.recall, ticket, .kept, .read, idempotency.name, arguments: 2,
      payload: idempotency.fingerprint.bytes.readableBytes + 20
    ) {
      $0.write(idempotency.fingerprint.bytes)
      $0.write(Int64(idempotency.step))
    }
  }
}
