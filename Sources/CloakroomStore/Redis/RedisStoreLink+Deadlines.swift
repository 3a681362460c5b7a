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

  /// Has the record of the next command looked at in a time, or earlier if that was said before.
  ///
  /// Said before the command is submitted: then it can be written with it at once, behind it, and by
  /// itself as the index is on another shard than most records. Nobody waits for it.
  func remind(of name: StoreKey, afterMs milliseconds: Int64) {
    if reminders.isEmpty { loop.assumeIsolated().execute { self.writeReminders() } }
    reminders.append((name, milliseconds))
  }

  /// Writes the reminders of a tick, many at a time: calling a script takes Redis longer than what it
  /// does for one.
  private func writeReminders() {
    let index = index(of: .pending)
    let script = RedisScripts.remindOfDeadlines
    for start in stride(from: 0, to: reminders.count, by: Self.remindersAtOnce) {
      let part = reminders[start...].prefix(Self.remindersAtOnce)
      link.submit(
        context: RedisLink.nobody, resend: .idempotentWrite,
        payload: part.reduce(index.count + script.digest.utf8.count + 16) {
          $0 + $1.name.count + 20
        }, arguments: 4 + 2 * part.count
      ) {
        $0.write(parts: 4 + 2 * part.count)
        $0.write("EVALSHA")
        $0.write(string: script.digest)
        $0.write(1)
        $0.write(index.bytes)
        for reminder in part {
          $0.write(reminder.name.bytes)
          $0.write(reminder.afterMs)
        }
      }
    }
    reminders.removeAll(keepingCapacity: reminders.count <= Self.remindersAtOnce)
  }

  private static let remindersAtOnce = 256
}
