import CloakroomStore
import NIOCore

extension Caller {
  static func describe(_ step: StreamStep) -> String {
    switch step {
    case .append(let message, let limit, let life):
      "append \(String(buffer: message)) \(limit.map(describe) ?? "all") \(describe(life))"
    case .ensure(let group, let start, let life):
      "ensure \(group) \(describe(start)) \(life.milliseconds)ms"
    case .read(let reader, let portion):
      "read \(describe(reader)) \(portion.count)"
    case .acknowledge(let group, let ids):
      "ack \(group) \(ids.map(\.text).joined(separator: ","))"
    case .unacknowledged(let group):
      "pending \(group)"
    case .reclaim(let reader, let portion, let minIdleMs, let maxDeliveries):
      "reclaim \(describe(reader)) \(portion.count) \(minIdleMs)ms"
        + (maxDeliveries.map { " at most \($0)" } ?? "")
    case .length:
      "length"
    }
  }

  private static func describe(_ limit: StreamLimit) -> String {
    "\(limit.isApproximate ? "~" : "=")\(limit.count)"
  }

  private static func describe(_ life: StreamLife) -> String {
    switch life {
    case .atLeast(let life): "least(\(life.milliseconds)ms)"
    case .set(let expiry): describe(expiry)
    }
  }

  private static func describe(_ start: StreamStart) -> String {
    switch start {
    case .after(let id): "after(\(id.text))"
    case .end: "end"
    }
  }

  private static func describe(_ reader: StreamReader) -> String {
    "\(reader.group)/\(reader.consumer)"
  }
}
