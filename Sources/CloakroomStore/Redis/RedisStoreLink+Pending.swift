internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Hands a step on a pending operation to Redis.
  ///
  /// What comes to the same twice may be sent again: a receipt is answered as it was, and reading
  /// changes nothing but what has happened anyway. The others end something, or lose another's
  /// change when they come twice.
  func submit(_ request: PendingRequest, on key: StoreKey, ticket: StoreTicket) {
    switch request.step {
    case .create(let draft):
      remind(of: key, afterMs: draft.life.milliseconds)
      run(
        RedisScripts.createPending, .idempotentWrite, request, draft: draft, key, ticket,
        arguments: 1, payload: draft.data.readableBytes
      ) { $0.write(draft.data) }
    case .read(let withData):
      run(RedisScripts.readPending, .read, request, key, ticket, arguments: 1, payload: 1) {
        $0.write(withData ? 1 : 0)
      }
    case .consume:
      run(RedisScripts.consumePending, .write, request, key, ticket)
    case .update(let change):
      switch change.life {
      case .keep: break
      // How long it lives is known to the record alone: it is asked at once.
      case .reset: remind(of: key, afterMs: 0)
      case .after(let life): remind(of: key, afterMs: life.milliseconds)
      }
      run(
        RedisScripts.updatePending, .write, request, key, ticket, arguments: 4,
        payload: change.data.readableBytes + ETag.length + 32
      ) {
        $0.write(string: change.etag ?? "")
        $0.write(change.data)
        $0.write(change.life)
      }
    case .delete:
      run(RedisScripts.deletePending, .write, request, key, ticket)
    case .checkout(let lease):
      remind(of: key, afterMs: lease.life.milliseconds)
      run(
        RedisScripts.checkoutPending, .idempotentWrite, request, key, ticket, arguments: 2,
        payload: lease.receipt.utf8.count + 20
      ) {
        $0.write(lease.life.milliseconds)
        $0.write(string: lease.receipt)
      }
    case .commit(let receipt, let result):
      run(
        RedisScripts.commitPending, .idempotentWrite, request, key, ticket, arguments: 2,
        payload: receipt.utf8.count + result.readableBytes
      ) {
        $0.write(string: receipt)
        $0.write(result)
      }
    case .release(let receipt):
      run(
        RedisScripts.releasePending, .write, request, key, ticket, arguments: 1,
        payload: receipt.utf8.count
      ) { $0.write(string: receipt) }
    case .reopen:
      remind(of: key, afterMs: 0)
      run(RedisScripts.reopenPending, .write, request, key, ticket)
    case .settle:
      run(RedisScripts.settlePending, .read, request, key, ticket)
    case .names(let position, let count):
      scan(key.bytes, from: position, count: count, ticket: ticket, answering: .pendingNames)
    }
  }

  private func run(
    _ script: RedisScript, _ resend: Resend, _ request: PendingRequest,
    draft: PendingDraft? = nil, _ key: StoreKey, _ ticket: StoreTicket, arguments: Int = 0,
    payload: Int = 0, _ encode: (inout RESPCommandWriter) -> Void = { _ in }
  ) {
    let draft = draft ?? request.adopting
    let type = request.type ?? ""
    // Eight arguments of all scripts, seven of them numbers of at most twenty digits.
    run(
      script, ticket, .pending, resend, key, arguments: 8 + arguments,
      payload: type.utf8.count + 7 * 20 + payload
    ) {
      $0.write(string: type)
      $0.write(request.retention.tombstoneMs)
      $0.write(request.retention.receiptMs)
      $0.write(request.retention.deadMs)
      $0.write(optional: draft?.life.milliseconds)
      $0.write(optional: draft?.createdAtMs)
      $0.write(draft?.isOneTime == true ? 1 : 0)
      $0.write(Int64(draft?.maxAttempts ?? 0))
      encode(&$0)
    }
  }
}

extension RESPCommandWriter {
  /// Writes one argument: a number, or nothing.
  fileprivate mutating func write(optional number: Int64?) {
    if let number { write(number) } else { write("" as StaticString) }
  }

  /// Writes two arguments: what becomes of a life, and how long a new one is.
  fileprivate mutating func write(_ life: PendingChange.Life) {
    switch life {
    case .keep: write("keep")
    case .reset: write("reset")
    case .after: write("after")
    }
    if case .after(let life) = life { write(life.milliseconds) } else { write("" as StaticString) }
  }
}
