internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// How a call ends: its reply and its record.
extension Worker {
  /// A request begins.
  func begin(_ request: borrowing Request) {
    request.connection.began()
    observer.count(.callsInFlight)
  }

  /// A call of a primitive ends with the store's reply.
  func end(_ call: consuming Call, _ reply: consuming StoreReply) {
    guard let index = call.request.method else { return }
    guard case .primitive(_, let write) = table.methods[index].work else {
      return endSystem(call, reply)
    }
    guard claim(call) else { return }
    let reply = reply
    if case .values(let values) = reply,
      values.reduce(0, { $0 + ($1?.readableBytes ?? 0) }) > limits.unreadReplyBytes
    {
      observer.limitBit(.replySize)
      return end(call.request, notes: call.extras?.notes, replyTooLarge)
    }
    end(call.request, notes: call.extras?.notes, fromStore: true) { result throws(RPCError) in
      try write(reply, call.memo, &result)
    }
  }

  /// A call of many steps ends with the replies to all of them.
  func end(_ call: borrowing Call, _ replies: [StoreReply]) {
    guard let index = call.request.method, claim(call) else { return }
    guard case .many(_, let write) = table.methods[index].work else { return }
    end(call.request, notes: call.extras?.notes, fromStore: true) { result throws(RPCError) in
      try write(replies, call.memo, &result)
    }
  }

  /// What the caller is told of a reply that is longer than what may wait for a reader.
  private var replyTooLarge: RPCError {
    RPCError(
      .tooLarge, "the reply would have more than \(limits.unreadReplyBytes) bytes: ask for less")
  }

  /// Takes the right to answer a call: false when its deadline has answered it already.
  func claim(_ call: borrowing Call) -> Bool {
    guard let extras = call.extras else { return true }
    extras.deadline?.cancel()
    guard !extras.isAnswered else { return false }
    extras.isAnswered = true
    return true
  }

  /// A call ends with a failure.
  func end(_ request: borrowing Request, notes: CallNotes?, _ error: RPCError) {
    end(request, notes: notes) { _ throws(RPCError) in throw error }
  }

  /// A call ends: it is answered, unless it is a notification, and recorded.
  ///
  /// - Parameters:
  ///   - notes: what the access log says of it; asked for only when there is a log.
  ///   - fromStore: whether it was the store that was waited for.
  ///   - writeResult: writes the result's JSON, or says why there is none.
  func end(
    _ request: borrowing Request, notes: @autoclosure () -> CallNotes?, fromStore: Bool = false,
    _ writeResult: (inout ByteBuffer) throws(RPCError) -> Void
  ) {
    var failure: Reason?
    var bytesOut = 0
    func write(_ buffer: inout ByteBuffer) {
      failure = Self.write(writeResult, id: request.id, to: &buffer)
    }
    if request.isNotification {
      bytesOut = discard(write)
      request.batch?.endMember()
    } else if let batch = request.batch {
      batch.endMember { buffer in
        let before = buffer.writerIndex
        write(&buffer)
        // The call was done, but a reply of any length can't be gathered. A result that is no
        // longer than the error would be stays.
        if failure == nil, buffer.writerIndex - before > Self.shortReply,
          buffer.readableBytes > gatheredLimit(for: request)
        {
          observer.limitBit(.replySize)
          failure = .tooLarge
          buffer.moveWriterIndex(to: before)
          buffer.writeErrorReply(id: request.id, replyTooLarge)
        }
        bytesOut = buffer.writerIndex - before
      }
    } else {
      bytesOut = request.connection.reply(write)
    }
    if let batch = request.batch, batch.isComplete, batch.hasReplies {
      request.connection.reply { $0.writeImmutableBuffer(batch.text) }
    }
    request.connection.ended()
    record(request, notes: notes, fromStore: fromStore, failure: failure, bytesOut: bytesOut)
  }

  /// The length up to which a result stays in a batch's reply however long that is, in bytes.
  private static let shortReply = 256
  /// How long a batch's reply may be for what would otherwise be lost, in bytes; a buffer can't have
  /// four times as many.
  private static let longestBatchReply = 1 << 30

  private func gatheredLimit(for request: borrowing Request) -> Int {
    guard let method = request.method, table.methods[method].givesOnlyCopy else {
      return limits.unreadReplyBytes
    }
    return Self.longestBatchReply
  }

  /// Refuses bytes that no call could be read from.
  func refuse(_ error: RPCError, limit: Limit?, from connection: ClientConnection) {
    if let limit { observer.limitBit(limit) }
    let request = Request(
      connection: connection, batch: nil, startedAt: burstStart, bytesIn: 0)
    begin(request)
    end(request, notes: nil, error)
  }

  /// Writes a reply; a result that fails half way is taken back and the failure written in its place.
  private static func write(
    _ writeResult: (inout ByteBuffer) throws(RPCError) -> Void, id: borrowing RequestID,
    to buffer: inout ByteBuffer
  ) -> Reason? {
    let start = buffer.writerIndex
    do throws(RPCError) {
      buffer.writeResultHead(id: id)
      try writeResult(&buffer)
      buffer.writeReplyEnd()
      return nil
    } catch {
      buffer.moveWriterIndex(to: start)
      buffer.writeErrorReply(id: id, error)
      return error.reason
    }
  }

  private func record(
    _ request: borrowing Request, notes: () -> CallNotes?, fromStore: Bool, failure: Reason?,
    bytesOut: Int
  ) {
    observer.discount(.callsInFlight)
    if failure == nil, let method = request.method, method == publishMethod {
      observer.count(.eventsPublished)
    }
    // The store's replies of a burst have come together; the clock is not asked for each.
    if fromStore, replyTime == 0 { replyTime = now() }
    let ended = fromStore ? replyTime : now()
    let duration = max(ended, request.startedAt) - request.startedAt
    let storeDuration = fromStore ? duration : 0
    let service = admission.label(of: request.connection.identity?.index)
    guard observer.keepsAccessLog else {
      return observer.count(
        service: service, method: request.method, failure: failure, duration: duration,
        storeDuration: storeDuration, bytesIn: request.bytesIn, bytesOut: bytesOut)
    }
    let notes = notes()
    observer.record(
      CallRecord(
        startedAt: wallClock(at: request.startedAt), duration: duration,
        storeDuration: storeDuration, peer: request.connection.peer, service: service,
        connection: request.connection.id, id: request.isNotification ? nil : request.id.text,
        method: request.method,
        key: notes?.key, scope: notes?.scope, ttlMs: notes?.ttlMs, actor: notes?.actor,
        traceparent: notes?.traceparent, failure: failure, bytesIn: request.bytesIn,
        bytesOut: bytesOut))
  }
}
