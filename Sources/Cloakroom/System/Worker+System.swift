internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Questions about the sidecar itself.
extension Worker {
  /// Answers a question on the spot, or once the store or the other loops have been asked.
  func answer(_ question: SystemQuestion, for request: consuming Request) {
    switch question {
    case .ping:
      end(request, notes: nil) { result throws(RPCError) in
        result.writeStaticString("\"pong\"")
      }
    case .hello(let service, let client):
      hello(service: service, client: client, for: request)
    case .discover:
      end(request, notes: nil) { result throws(RPCError) in
        result.writeImmutableBuffer(status.discovery)
      }
    case .health:
      store.submit(.ping, ticket: wait(for: request))
    case .metrics:
      let ticket = wait(for: request)
      answerLater(ticket) { [status] in
        var result = ByteBuffer()
        result.writeJSONString(String(decoding: await status.metricsText(), as: UTF8.self))
        return result
      }
    }
  }

  /// The store has answered a ping for `status.health`: the rest of the report is still to come.
  func endSystem(_ call: consuming Call, _ reply: StoreReply) {
    guard call.extras?.isAnswered != true else { return }
    let roundTrip = now() - call.request.startedAt
    var failure: RPCError?
    if case .failure(let error) = reply { failure = error }
    let ticket = calls.add(.call(call))
    answerLater(ticket) { [status, failure] in
      var result = ByteBuffer()
      await status.health(roundTrip: roundTrip, failure: failure).write(to: &result)
      return result
    }
  }

  private func hello(service: String?, client: String?, for request: borrowing Request) {
    let connection = request.connection
    let before = connection.chosenService
    if let service { connection.chosenService = service }
    assignService(to: connection)
    let policy = admission.policy
    guard let identity = connection.identity else {
      connection.chosenService = before
      assignService(to: connection)
      return end(
        request, notes: nil,
        policy.isOpen
          ? RPCError(.invalidParams, "service is 1 to 64 of A-Z a-z 0-9 . _ -")
          : RPCError(.forbidden, "the policy does not let this caller act for that service"))
    }
    if let client { status.greet(client, peer: connection.peer) }
    let services = policy.services(for: connection.peer, groups: connection.groups)
    end(request, notes: nil) { result throws(RPCError) in
      result.writeString("{\"service\":\"\(identity.name)\",\"services\":[")
      result.writeString(services.map { "\"\(policy.services[$0].name)\"" }.joined(separator: ","))
      result.writeString("],\"server\":\"cloakroom\",\"version\":\"\(StatusReporter.version)\"")
      result.writeString(",\"store\":\"\(status.storeKind)\",\"uid\":\(connection.peer.uid)")
      result.writeString(",\"gid\":\(connection.peer.gid),\"pid\":\(connection.peer.pid)}")
    }
  }

  /// Answers a call with what a task finds out away from the loop; rare calls only.
  private func answerLater(
    _ ticket: StoreTicket, _ find: @escaping @Sendable () async -> ByteBuffer
  ) {
    let worker = NIOLoopBound(self, eventLoop: loop)
    Task {
      let found = await find()
      worker.eventLoop.execute { worker.value.endLater(ticket, found) }
    }
  }

  private func endLater(_ ticket: StoreTicket, _ found: ByteBuffer) {
    if case .call(let call) = calls.remove(ticket.index), claim(call) {
      end(call.request, notes: call.extras?.notes) { result throws(RPCError) in
        result.writeImmutableBuffer(found)
      }
    }
    finishedBurst()
  }
}
