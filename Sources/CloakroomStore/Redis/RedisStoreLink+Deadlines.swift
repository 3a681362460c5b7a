internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Hands a step on a part of the index of deadlines to Redis.
  func submit(_ step: DeadlineStep, on part: DeadlinePart, ticket: StoreTicket) {
    let index = index(part)
    let held = StoreKey(bytes: ByteBuffer(string: "\(String(buffer: index.bytes)):held"))
    switch step {
    case .take(let limit, let holdMs):
      run(
        RedisScripts.takeDue, ticket, .due, .write, index, held, arguments: 2, payload: 40
      ) {
        $0.write(Int64(limit))
        $0.write(holdMs)
      }
    case .settle(let deadlines, let hold):
      guard !deadlines.isEmpty else { return answer(ticket, .done) }
      run(
        RedisScripts.settleDue, ticket, .done, .idempotentWrite, index, held,
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

  /// Has a record looked at at a time, or earlier if that was said before. Nobody waits for it.
  func remind(of name: StoreKey, atMs milliseconds: Int64) {
    let index = index(DeadlinePart(of: name))
    link.submit(
      context: RedisLink.nobody, resend: .idempotentWrite, payload: index.count + name.count + 24,
      arguments: 4
    ) {
      $0.write(head: "*5\r\n$4\r\nZADD\r\n")
      $0.write(index.bytes)
      $0.write(head: "$2\r\nLT\r\n")
      $0.write(milliseconds)
      $0.write(name.bytes)
    }
  }

  /// The name of a part of the index.
  private func index(_ part: DeadlinePart) -> StoreKey {
    if let number = part.number, indexes.indices.contains(number) { return indexes[number] }
    return StoreKey(bytes: ByteBuffer(string: "\(indexPrefix)\(Self.formerIndex)"))
  }

  /// What the name of the one index ended in that sidecars up to version 0.9 have written.
  private static let formerIndex = "pending"
}
