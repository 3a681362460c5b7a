import CloakroomCore
import NIOCore

@testable import CloakroomMethods

/// The same with all that one call may cost.
extension FlowProgress {
  init(_ flow: Flow, data: ByteBuffer) throws(RPCError) {
    var allowance = WorkAllowance.whole
    try self.init(flow, data: data, &allowance)
  }

  @discardableResult
  mutating func dataChanged(
    from old: ByteBuffer, to new: ByteBuffer
  ) throws(RPCError) -> StepSet {
    var allowance = WorkAllowance.whole
    return try dataChanged(from: old, to: new, &allowance)
  }

  mutating func complete(_ step: Int, with data: ByteBuffer) throws(RPCError) {
    var allowance = WorkAllowance.whole
    try complete(step, with: data, &allowance)
  }

  func checkSubmission(of data: ByteBuffer) throws(RPCError) {
    var allowance = WorkAllowance.whole
    try checkSubmission(of: data, &allowance)
  }
}
