internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A look at a session. Where its flow has to be read first, or the answer comes with warnings, there is more
/// to do.
final class SessionReading: RecordReading {
  typealias Kind = SessionRecord

  let name: StoreKey
  let event: SessionRequest
  private let call: SessionCall
  private let step: SessionStep
  private let end: SessionCall.End

  init(
    _ call: SessionCall, _ step: SessionStep, of key: StoreKey, end: @escaping SessionCall.End
  ) {
    self.call = call
    self.step = step
    self.end = end
    name = key
    event = call.environment.request(step, of: key, by: call.visitor)
  }

  var opening: Opening { call.opening(step, of: name, SessionCall.Manner(), end: end) }

  func write(_ outcome: SessionOutcome, to result: inout ByteBuffer) throws(RPCError) -> Bool {
    switch outcome {
    case .session(let scene):
      guard scene.warnings.isEmpty else { return false }
      try end(scene, &result)
      return true
    case .refused(let error):
      throw error
    case .unknownFlow, .unheld, .settled:
      return false
    }
  }
}
