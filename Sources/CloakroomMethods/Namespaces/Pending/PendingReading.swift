internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A look at an operation whose data are in the store.
final class PendingReading: RecordReading {
  typealias Kind = PendingRecord

  private let call: PendingCall
  private let target: PendingTarget
  private let withData: Bool
  private let excuse: PendingCall.Excuse
  private let end: PendingCall.EndReading

  init(
    _ call: PendingCall, of target: PendingTarget, withData: Bool,
    excuse: @escaping PendingCall.Excuse, end: @escaping PendingCall.EndReading
  ) {
    self.call = call
    self.target = target
    self.withData = withData
    self.excuse = excuse
    self.end = end
  }

  var name: StoreKey { target.key }

  var event: PendingRequest { call.request(.read(withData: withData), of: target) }

  var opening: Opening {
    .record(call.reading(of: target, withData: withData, excuse: excuse, end: end))
  }

  func write(_ outcome: PendingOutcome, to result: inout ByteBuffer) throws(RPCError) -> Bool {
    try call.write(outcome, of: target, to: &result, excuse: excuse, end: end)
    return true
  }

  func write(insteadOf error: RPCError, to result: inout ByteBuffer) throws(RPCError) {
    try call.write(insteadOf: error, of: target, to: &result, excuse: excuse, end: end)
  }
}
