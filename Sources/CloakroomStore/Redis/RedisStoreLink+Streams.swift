internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Hands a step on a stream to Redis.
  func submit(_ step: StreamStep, on key: StoreKey, ticket: StoreTicket) {
    switch step {
    case .append(let message, let limit, let life):
      run(
        RedisScripts.streamAppend, ticket, .streamAppended, .write, key,
        arguments: limit == nil ? 3 : 5, payload: message.readableBytes + 80
      ) {
        $0.write(message)
        $0.write(life)
        guard let limit else { return }
        $0.write(limit.isApproximate ? "~" : "=")
        $0.write(limit.count)
      }
    case .ensure(let group, let start, let life):
      // To repeat it is to find the group made.
      run(
        RedisScripts.streamEnsure, ticket, .streamEnsured, .idempotentWrite, key, arguments: 4,
        payload: group.utf8.count + 100
      ) {
        $0.write(string: group)
        switch start {
        case .after(let id): $0.write(string: id.text)
        case .end: $0.write("$")
        }
        $0.write(life.milliseconds)
        $0.write(Int64(StreamStep.mostGroups))
      }
    case .read(let reader, let portion):
      run(
        RedisScripts.streamRead, ticket, .streamMessages, .write, key, arguments: 4,
        payload: reader.count + 40
      ) {
        $0.write(string: reader.group)
        $0.write(string: reader.consumer)
        $0.write(Int64(portion.count))
        $0.write(Int64(portion.bytes))
      }
    case .acknowledge(let group, let ids):
      acknowledge(ids, of: group, key, ticket)
    case .unacknowledged(let group):
      run(
        RedisScripts.streamUnacknowledged, ticket, .streamUnacknowledged, .read, key, arguments: 2,
        payload: group.utf8.count + 20
      ) {
        $0.write(string: group)
        $0.write(Int64(StreamStep.mostConsumersNamed))
      }
    case .reclaim(let reader, let portion, let minIdleMs, let maxDeliveries):
      reclaim(reader, portion, minIdleMs, maxDeliveries, key, ticket)
    case .length:
      send(ticket, .streamCount, .read, payload: key.bytes.readableBytes, arguments: 1) {
        $0.write(head: "*2\r\n$4\r\nXLEN\r\n")
        $0.write(key.bytes)
      }
    }
  }

  private func acknowledge(
    _ ids: [StreamID], of group: String, _ key: StoreKey, _ ticket: StoreTicket
  ) {
    let names = key.bytes.readableBytes + group.utf8.count
    guard record == nil else {
      return run(
        RedisScripts.single, ticket, .streamCount, .write, key, arguments: ids.count + 2,
        payload: names + ids.count * StreamID.longestText
      ) {
        $0.write("XACK")
        $0.write(string: group)
        for id in ids { $0.write(string: id.text) }
      }
    }
    send(
      ticket, .streamCount, .write, payload: names + ids.count * StreamID.longestText,
      arguments: ids.count + 2
    ) {
      $0.write(parts: ids.count + 3)
      $0.write("XACK")
      $0.write(key.bytes)
      $0.write(string: group)
      for id in ids { $0.write(string: id.text) }
    }
  }

  private func reclaim(
    _ reader: StreamReader, _ portion: StreamPortion, _ minIdleMs: Int64, _ maxDeliveries: Int64?,
    _ key: StoreKey, _ ticket: StoreTicket
  ) {
    let dead = maxDeliveries == nil ? nil : key.deadLetters
    run(
      RedisScripts.streamReclaim, ticket, .streamReclaimed, .write, key, dead,
      arguments: dead == nil ? 6 : 7, payload: reader.count + 128
    ) {
      $0.write(string: reader.group)
      $0.write(string: reader.consumer)
      $0.write(minIdleMs)
      $0.write(Int64(portion.count))
      $0.write(Int64(portion.bytes))
      $0.write(Int64(StreamStep.mostDisposals))
      if let maxDeliveries { $0.write(maxDeliveries) }
    }
  }
}

extension StreamReader {
  fileprivate var count: Int { group.utf8.count + consumer.utf8.count }
}

extension RESPCommandWriter {
  fileprivate mutating func write(_ life: StreamLife) {
    switch life {
    case .atLeast(let life):
      write("least")
      write(life.milliseconds)
    case .set(.after(let life)):
      write("after")
      write(life.milliseconds)
    case .set(.keep(let life)):
      write("keep")
      write(life.milliseconds)
    case .set(.never):
      write("never")
      write("0")
    }
  }
}
