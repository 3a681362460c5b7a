internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// STUB until the flows are here.
struct FlowSource: Sendable {
  init(_ arguments: inout Arguments) throws(RPCError) {}
  func known(_ mark: FlowMark) -> Flow? { nil }
  func load(_ mark: FlowMark, _ context: CallContext) async throws(RPCError) -> Flow {
    throw RPCError(.notFound)
  }
  func current(_ name: String, _ context: CallContext) async throws(RPCError) -> (flow: Flow, mark: FlowMark) {
    throw RPCError(.notFound, "there is no such flow")
  }
  func prepare(_ mark: FlowMark, for life: TimeToLive, _ context: CallContext) async throws(RPCError) {}
}
enum SessionListMethods { static let all: [Method] = [] }
enum SessionOperatorMethods { static let all: [Method] = [] }
extension SessionEnvironment {
  func index(_ ref: String, of principal: String, untilMs: Int64, _ context: CallContext) async throws(RPCError) {}
}
