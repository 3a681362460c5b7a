import CloakroomStore
import NIOCore

extension Caller {
  static func describe(_ step: any StoreStep) -> String {
    func number(_ number: Int64?) -> String { number.map { "\($0)" } ?? "-" }
    return switch step {
    case let take as TakeClaim:
      "claim \(text(take.key)) take \(take.request.owner) \(take.request.life.milliseconds)ms "
        + (take.request.wait.map { "waiting, one of \($0.limit)" } ?? "at once")
    case let renew as RenewClaim:
      "claim \(text(renew.key)) renew \(renew.owner) \(renew.life.milliseconds)ms "
        + number(renew.fence)
    case let release as ReleaseClaim:
      "claim \(text(release.key)) release \(release.owner) \(number(release.fence))"
    case let withdraw as WithdrawClaim:
      "claim \(text(withdraw.key)) withdraw \(number(withdraw.ticket.number))"
    case let inspect as InspectClaim: "claim \(text(inspect.key)) inspect"
    case let publish as PublishDefined:
      "publishDefined \(text(publish.name)) \(String(buffer: publish.message)) \(publish.digest) "
        + "\(publish.life.milliseconds)ms"
    case let scan as ScanNames:
      "scan \(String(buffer: scan.prefix))… \(scan.position) \(scan.count)"
    case let take as TakeRates:
      "take " + take.demands.map(describe).joined(separator: ", ")
    case let peek as PeekRates:
      "peek " + peek.demands.map(describe).joined(separator: ", ")
    case let forget as ForgetRates:
      "forget " + forget.keys.map(ownPart).joined(separator: " ")
    default: describe(onStream: step)
    }
  }

  static func describe(_ demand: RateDemand) -> String {
    let limit = demand.limit
    return
      "\(ownPart(demand.key)) \(limit.limit)/\(limit.windowMicroseconds / 1000)ms \(limit.burst) "
      + "\(demand.cost.microseconds)+\(demand.cost.part)"
  }

  /// A limit's name without what all of them begin with.
  private static func ownPart(_ key: StoreKey) -> String {
    text(key).replacing("igniter:store:api:ratelimit:", with: "")
  }

  private static func describe(onStream step: any StoreStep) -> String {
    switch step {
    case let append as AppendMessage:
      "append \(String(buffer: append.message)) \(append.limit.map(describe) ?? "all") "
        + "\(describe(append.life)) \(text(append.key))"
    case let ensure as EnsureGroup:
      "ensure \(ensure.group) \(describe(ensure.start)) \(ensure.life.milliseconds)ms "
        + text(ensure.key)
    case let read as ReadMessages:
      "read \(describe(read.reader)) \(read.portion.count) \(text(read.key))"
    case let acknowledge as AcknowledgeMessages:
      "ack \(acknowledge.group) \(acknowledge.ids.map(\.text).joined(separator: ",")) "
        + text(acknowledge.key)
    case let inspect as InspectGroup: "pending \(inspect.group) \(text(inspect.key))"
    case let reclaim as ReclaimMessages:
      "reclaim \(describe(reclaim.reader)) \(reclaim.portion.count) \(reclaim.minIdleMs)ms"
        + (reclaim.maxDeliveries.map { " at most \($0)" } ?? "") + " \(text(reclaim.key))"
    case let length as CountMessages: "length \(text(length.key))"
    default: "\(step)"
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
