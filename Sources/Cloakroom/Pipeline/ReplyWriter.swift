internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// The way out of a call, from the store's reply to the flushed frame: `complete` takes the reply to its
/// call, `end` has the result written into the connection's frame and the call recorded, and
/// `finishedBurst` sends what has been written. The way in is `CallDispatcher`'s.
final class ReplyWriter: StoreSink {
  /// The calls that wait for the store.
  var calls = CallTable()
  /// Takes another look at what was read of a record.
  var lookAgain:
    (
      _ look: any RecordLook, _ record: StoreReply, _ request: consuming Request,
      _ notes: CallNotes?
    ) -> Void = { _, _, _, _ in }
  /// Has a request begin as a procedure, with what was read of its record.
  var open:
    (
      _ request: consuming Request, _ notes: CallNotes?, _ opening: Opening, _ found: StoreReply?
    ) -> Void = { _, _, _, _ in }
  /// Has the next steps of a call of many submitted.
  var goOn: (_ parent: UInt32) -> Void = { _ in }
  /// The services' labels in log and metrics; replaced when the policy is read anew.
  var admission: Admission
  let observer: LoopObserver
  /// What all names in the store begin with.
  private let prefix: String
  let burst: Burst
  private let table: MethodTable
  private let longValues: LongValues?
  private let replyLimit: Int
  /// What looks write their results into, before it is known that they are that.
  private var scratch = ByteBuffer()
  /// How much memory is kept for them.
  private static let scratchBytes = 64 * 1024

  init(
    _ burst: Burst, table: MethodTable, admission: Admission, observer: LoopObserver,
    longValues: LongValues?, configuration: Configuration
  ) {
    self.longValues = longValues
    self.burst = burst
    self.table = table
    self.admission = admission
    self.observer = observer
    prefix = configuration.keys.prefix
    replyLimit = configuration.limits.unreadReplyBytes
  }

  // MARK: The store's reply

  /// The store has answered.
  func complete(_ ticket: StoreTicket, with reply: consuming StoreReply) {
    switch calls.remove(ticket.index) {
    case .call(let call):
      leftLink(call.request)
      end(call, reply)
    case .step(let parent, let position):
      guard let extras = calls.extras(parent) else { return }
      extras.replies[position] = reply
      extras.remaining -= 1
      extras.inFlight -= 1
      if extras.inFlight == 0, !extras.rest.isEmpty { goOn(parent) }
      guard extras.remaining == 0, case .call(let call) = calls.remove(parent) else { return }
      leftLink(call.request)
      end(call, extras.replies.compactMap { $0 })
    case .look(let call):
      leftLink(call.request)
      end(call, reply)
    case .stepped(let call):
      leftLink(call.request)
      let reply = reply
      end(call.request, notes: call.extras?.notes, fromStore: true) { result throws(RPCError) in
        if let decision = try call.step.end(reply, writingTo: &result) { observer.count(decision) }
      }
    case .lookedAt(let record):
      record.reply = reply
    case .receiver(let receiver):
      receiver.received(reply)
    case .procedure(let step):
      step?.completion(reply)
    case .free:
      break
    }
  }

  /// What a request has asked the store for is no longer on the link.
  func leftLink(_ request: borrowing Request) {
    let share = request.connection.share
    if share.left() { burst.runQueue.roomMade(in: share) }
  }

  /// A call of a primitive ends with the store's reply.
  private func end(_ call: consuming Call, _ reply: consuming StoreReply) {
    guard let index = call.request.method, claim(call) else { return }
    guard case .primitive(_, let write) = table.methods[index].work else { return }
    let reply = reply
    // Known before anything is copied.
    if let batch = call.request.batch, case .value(let value?) = reply,
      value.readableBytes > Self.longValue,
      let error = problem(adding: value.readableBytes, to: batch.byteCount, for: call.request)
    {
      return end(call.request, notes: call.extras?.notes, fromStore: true) { _ throws(RPCError) in
        throw error
      }
    }
    end(call.request, notes: call.extras?.notes, fromStore: true) { result throws(RPCError) in
      try write(reply, call.replyContext, &result)
    }
  }

  /// A look at a record ends with the reply, or begins anew as a procedure.
  private func end(_ call: consuming LookCall, _ reply: consuming StoreReply) {
    call.request.connection.readsOut -= 1
    guard call.request.connection.isOpen else {
      return end(call.request, notes: call.extras?.notes, .clientGone)
    }
    guard let record = call.record else { return end(call, record: reply, beside: nil) }
    end(call, record: record.reply ?? .failure(RPCError(.internal)), beside: reply)
  }

  private func end(_ call: consuming LookCall, record: StoreReply, beside other: StoreReply?) {
    let verdict = call.look.verdict(record, beside: other, writingTo: &scratch)
    defer { clearScratch() }
    switch verdict {
    case .again(let look):
      let notes = call.extras?.notes
      lookAgain(look, record, call.request, notes)
    case .hit(let value, let ageMs, let isNegative):
      observer.count(isNegative ? CacheEvent.negative : .hit)
      end(call.request, notes: call.extras?.notes, fromStore: true) { result throws(RPCError) in
        try result.writeHit(value, ageMs: ageMs, isNegative: isNegative)
      }
    case .answer:
      end(call.request, notes: call.extras?.notes, fromStore: true) { buffer throws(RPCError) in
        buffer.writeImmutableBuffer(scratch)
      }
    case .refused(let error):
      end(call.request, notes: call.extras?.notes, fromStore: true) { _ throws(RPCError) in
        throw error
      }
    case .open(let opening):
      let notes = call.extras?.notes
      if case .record = record {
        open(call.request, notes, opening, record)
      } else {
        open(call.request, notes, opening, nil)
      }
    }
  }

  private func clearScratch() {
    guard scratch.writerIndex > 0 else { return }
    if scratch.capacity > Self.scratchBytes { scratch = ByteBuffer() } else { scratch.clear() }
  }

  /// A call of many steps ends with the replies to all of them.
  func end(_ call: borrowing Call, _ replies: [StoreReply]) {
    guard let index = call.request.method, claim(call) else { return }
    guard case .many(_, let write) = table.methods[index].work else { return }
    end(call.request, notes: call.extras?.notes, fromStore: true) { result throws(RPCError) in
      try write(replies, call.replyContext, &result)
    }
  }

  /// Takes the right to answer a call: false when its deadline has answered it already.
  func claim(_ call: borrowing Call) -> Bool {
    guard let extras = call.extras else { return true }
    extras.deadline?.cancel()
    release(call)
    guard !extras.isAnswered else { return false }
    extras.isAnswered = true
    return true
  }

  /// Lets the next calls of a connection begin that waited for the steps of this one.
  func release(_ call: borrowing Call) {
    guard let extras = call.extras, extras.holdsCalls else { return }
    extras.holdsCalls = false
    call.request.connection.resumeCalls()
  }

  // MARK: The call's reply

  /// A request begins.
  func begin(_ request: borrowing Request) {
    request.connection.began(request.bytesIn)
    observer.count(.callsInFlight)
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
    var written = 0
    func write(_ buffer: inout ByteBuffer) {
      let before = buffer.writerIndex
      failure = self.write(writeResult, id: request.id, to: &buffer)
      written = buffer.writerIndex - before
    }
    if request.isNotification {
      bytesOut = burst.discard(write)
      request.batch?.endMember()
    } else if let batch = request.batch {
      batch.endMember { buffer in
        let before = buffer.writerIndex
        write(&buffer)
        // The call was done, but a reply of any length can't be gathered. A result that is no
        // longer than the error would be stays.
        if failure == nil,
          let error = problem(
            adding: buffer.writerIndex - before, to: before - buffer.readerIndex, for: request)
        {
          batch.cut(buffer.writerIndex - before)
          buffer.moveWriterIndex(to: before)
          failure = writeFailure(error, id: request.id, to: &buffer)
        }
        bytesOut = buffer.writerIndex - before
      }
      request.connection.gathered(bytesOut)
    } else {
      bytesOut = request.connection.reply(write)
    }
    if let batch = request.batch, batch.isComplete, batch.hasReplies {
      request.connection.reply(batch.takeText())
      request.connection.gathered(-batch.gatheredBytes)
    }
    if fromStore, request.value.isSome { longValues?.saw(request.value, bytes: written) }
    // What is not sent to the client has gone over the link to the store; what the sidecar says of itself has not.
    request.connection.ended(request.bytesIn, reply: fromStore ? written : nil)
    record(request, notes: notes, fromStore: fromStore, failure: failure, bytesOut: bytesOut)
  }

  /// Writes a reply; a result that fails half way is taken back and the failure written in its place.
  private func write(
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
      return writeFailure(error, id: id, to: &buffer)
    }
  }

  private func writeFailure(
    _ error: RPCError, id: borrowing RequestID, to buffer: inout ByteBuffer
  ) -> Reason {
    if let limit = error.limit { observer.limitBit(limit) }
    buffer.writeErrorReply(id: id, error)
    return error.reason
  }

  /// The length up to which a result stays in a batch's reply however long that is, in bytes.
  private static let shortReply = 256
  /// A value that is longer is not copied for nothing.
  private static let longValue = 1 << 16
  /// How long a batch's reply may be for what would otherwise be lost, in bytes; a buffer can't have
  /// four times as many.
  private static let longestBatchReply = 1 << 30

  /// Why a batch's reply can't have a result; nil when it can.
  ///
  /// - Parameters:
  ///   - bytes: how long the result is.
  ///   - gathered: how long the reply is without it.
  private func problem(
    adding bytes: Int, to gathered: Int, for request: borrowing Request
  ) -> RPCError? {
    guard bytes > Self.shortReply else { return nil }
    if gathered + bytes > gatheredLimit(for: request) {
      return .replyTooLarge(limit: replyLimit)
    }
    // Only what has changed nothing can be said not to have been done.
    guard let method = request.method, table.methods[method].effect == .read,
      !request.connection.hasRoom(for: bytes)
    else { return nil }
    return .clientMemory
  }

  private func gatheredLimit(for request: borrowing Request) -> Int {
    guard let method = request.method, table.methods[method].givesOnlyCopy else {
      return replyLimit
    }
    return Self.longestBatchReply
  }

  // MARK: The call in log and metrics

  private func record(
    _ request: borrowing Request, notes: () -> CallNotes?, fromStore: Bool, failure: Reason?,
    bytesOut: Int
  ) {
    observer.discount(.callsInFlight)
    if failure == nil, let method = request.method {
      switch table.counts[method] {
      case .publishedEvent: observer.count(.eventsPublished)
      case nil: break
      }
    }
    let ended = fromStore ? burst.timeOfReplies() : burst.now()
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
        key: notes?.key, session: notes?.session, scope: notes?.scope, ttlMs: notes?.ttlMs,
        actor: notes?.actor,
        traceparent: notes?.traceparent, failure: failure, bytesIn: request.bytesIn,
        bytesOut: bytesOut))
  }

  /// The time of day at a moment of the loop's clock, in nanoseconds since 1970 (UTC).
  private func wallClock(at uptime: UInt64) -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let nanoseconds = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    let now = burst.now()
    return nanoseconds - Int64(clamping: now - min(uptime, now))
  }

  // MARK: Records

  /// Counts and logs what has happened to a record by itself; called once for each such event.
  func noticed(
    _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
    about subject: RecordSubject?
  ) {
    if namespace == .session {
      observer.count(
        notice == .dead ? SessionEvent.dead : .expired, flow: subject?.flow, step: subject?.step)
    } else if let event = PendingEvent(notice, in: namespace) {
      observer.count(event)
    }
    guard observer.keepsAccessLog, let name = ParsedKey(name.bytes, prefix: prefix) else { return }
    observer.expired(
      ExpiryRecord(
        foundAt: wallClock(at: burst.now()), service: admission.label(named: name.service),
        namespace: namespace, key: name.key,
        scope: name.scope.isEmpty ? nil : name.scope.joined(separator: "/"),
        flow: subject?.flow, step: subject?.step,
        action: notice == .dead ? .dead : .expire))
  }

  // MARK: The frame

  /// Sends the replies of a burst, each connection's together.
  func finishedBurst() { burst.finish() }
}

extension PendingEvent {
  /// What has happened to a pending operation by itself; nil for a record of another namespace.
  init?(_ notice: RecordNotice, in namespace: Namespace) {
    guard namespace == .pending else { return nil }
    switch notice {
    case .expired: self = .expired
    case .dead: self = .dead
    }
  }
}
