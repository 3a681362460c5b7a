internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// Questions about the sidecar itself.
extension Worker {
  /// Answers a question, or asks the store first.
  func answer(_ question: SystemQuestion, for request: Request) {
    switch question {
    case .ping:
      end(request, notes: nil) { result throws(RPCError) in
        result.writeStaticString("\"pong\"")
      }
    default:
      end(request, notes: nil, RPCError(.internal))
    }
  }

  func endSystem(_ call: Call, _ reply: StoreReply) {}
}
