internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Answers questions about the sidecar itself.
struct SystemAnswers {
  private let worker: Worker
  private let status: StatusReporter

  init(_ worker: Worker, status: StatusReporter) {
    self.worker = worker
    self.status = status
  }

  /// Answers a question on the spot, or once the store or the other loops have been asked.
  func answer(
    _ question: SystemQuestion, for request: consuming Request, _ arguments: inout Arguments
  ) {
    switch question {
    case .ping:
      worker.replies.end(request, notes: nil) { result throws(RPCError) in
        result.writeStaticString("\"pong\"")
      }
    case .hello(let service, let client):
      hello(service: service, client: client, for: request)
    case .cancel(let id):
      let isCancelled = cancel(id, of: request.connection)
      worker.replies.end(request, notes: nil) { result throws(RPCError) in
        result.writeStaticString(
          isCancelled ? "{\"cancelled\":true}" : "{\"cancelled\":false}")
      }
    case .discover:
      worker.replies.end(request, notes: nil) { result throws(RPCError) in
        result.writeImmutableBuffer(status.discovery)
      }
    case .health:
      answerHealth(startedAt: request.startedAt, worker.wait(for: request, &arguments))
    case .metrics:
      // All that are under way are answered together, and each is long: a connection has one at a time.
      answerLater(worker.wait(for: request, &arguments, holdsCalls: true)) { [status] in
        await status.metrics()
      }
    }
  }

  private func answerHealth(startedAt: UInt64, _ ticket: StoreTicket) {
    worker.perform(.ping) { reply in
      let roundTrip = worker.burst.now() - startedAt
      var failure: RPCError?
      if case .failure(let error) = reply { failure = error }
      answerLater(ticket) { [status, failure] in
        var result = ByteBuffer()
        await status.health(roundTrip: roundTrip, failure: failure).write(to: &result)
        return result
      }
    }
  }

  /// Ends the call of an id, if nothing of it is done then: the first of several that can be.
  private func cancel(_ id: ByteBuffer, of connection: ClientConnection) -> Bool {
    connection.procedures.called(id.readableBytesSpan).contains { $0.cancelForCaller() }
  }

  private func hello(service: String?, client: String?, for request: borrowing Request) {
    let connection = request.connection
    let policy = worker.admission.policy
    guard let identity = connection.assignService(service, by: worker.admission) else {
      return worker.replies.end(
        request, notes: nil,
        policy.isOpen
          ? RPCError(.invalidParams, "service is \(PlainName.rule)")
          : RPCError(
            .forbidden,
            "the policy does not let this caller be the service "
              + (service.flatMap { PlainName.accepts($0) ? $0 : nil } ?? "that was asked for")))
    }
    if let client { status.greet(client, peer: connection.peer) }
    let services = policy.services(for: connection.peer, groups: connection.groups)
    worker.replies.end(request, notes: nil) { result throws(RPCError) in
      result.writeString("{\"service\":\"\(identity.name)\",\"services\":[")
      result.writeString(services.map { "\"\(policy.services[$0].name)\"" }.joined(separator: ","))
      result.writeString("],\"server\":\"cloakroom\",\"version\":\"\(StatusReporter.version)\"")
      result.writeString(",\"store\":\"\(status.storeKind)\",\"uid\":\(connection.peer.uid)")
      result.writeString(",\"gid\":\(connection.peer.gid),\"pid\":\(connection.peer.pid)")
      result.write(worker.limits)
      result.writeStaticString("}")
    }
  }

  /// Answers a call with what a task finds out away from the loop.
  private func answerLater(
    _ ticket: StoreTicket, _ find: @escaping @Sendable () async -> ByteBuffer
  ) {
    let worker = NIOLoopBound(worker, eventLoop: worker.loop)
    Task {
      let found = await find()
      worker.eventLoop.execute {
        // Thousands may have asked, and are answered together.
        worker.value.burst.afterInput { worker.value.answer(ticket, found) }
      }
    }
  }
}

extension Worker {
  /// Answers a call that waits under a ticket.
  fileprivate func answer(_ ticket: StoreTicket, _ found: ByteBuffer) {
    if case .call(let call) = replies.calls.remove(ticket.index), replies.claim(call) {
      replies.end(call.request, notes: call.extras?.notes) { result throws(RPCError) in
        result.writeImmutableBuffer(found)
      }
    }
  }
}

extension ByteBuffer {
  /// Writes the limits that a client can hold itself to.
  fileprivate mutating func write(_ limits: Configuration.Limits) {
    let members: [(name: String, most: Int)] = [
      ("frameBytes", limits.frameBytes), ("replyBytes", limits.unreadReplyBytes),
      ("keyBytes", limits.keyBytes), ("recordBytes", limits.recordBytes),
      ("tokenBytes", limits.tokenBytes), ("batchLength", limits.batchLength),
      ("depth", limits.depth), ("inFlight", limits.inFlightPerConnection),
    ]
    writeString(",\"limits\":{")
    writeString(members.map { "\"\($0.name)\":\($0.most)" }.joined(separator: ","))
    writeStaticString("}")
  }
}
