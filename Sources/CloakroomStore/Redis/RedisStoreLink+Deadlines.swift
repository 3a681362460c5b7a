internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Hands a step on an index of deadlines to Redis.
  func submit(_ step: DeadlineStep, on kind: DeadlineKind, ticket: StoreTicket) {
    let index = index(of: kind)
    switch step {
    case .take(let limit, let holdMs):
      run(
        RedisScripts.takeDue, ticket, .due, .write, index, arguments: 2, payload: 40
      ) {
        $0.write(Int64(limit))
        $0.write(holdMs)
      }
    case .settle(let deadlines, let hold):
      run(
        RedisScripts.settleDue, ticket, .done, .idempotentWrite, index,
        arguments: 1 + 2 * deadlines.count,
        payload: deadlines.reduce(20) { $0 + $1.name.count + 20 }
      ) {
        $0.write(hold)
        for deadline in deadlines {
          $0.write(deadline.name.bytes)
          $0.write(deadline.nextAtMs ?? 0)
        }
      }
    }
  }

  /// Has a record looked at in a time, or earlier if that was said before. Sent behind the step that
  /// makes or changes the record, and on its own: the index is on another shard than most records, and
  /// nobody waits for it.
  func remind(_ kind: DeadlineKind, of name: StoreKey, afterMs milliseconds: Int64) {
    let index = index(of: kind)
    let script = RedisScripts.remindOfDeadline
    link.submit(
      context: RedisLink.nobody, resend: .idempotentWrite,
      payload: index.count + name.count + script.digest.utf8.count + 40, arguments: 6
    ) {
      $0.write(parts: 6)
      $0.write("EVALSHA")
      $0.write(string: script.digest)
      $0.write(1)
      $0.write(index.bytes)
      $0.write(name.bytes)
      $0.write(milliseconds)
    }
  }
}
