internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The way in of a call, from a frame's bytes to the store: `receive` takes batches apart, whose members come back
/// one by one when it is their turn; `call` is the whole way of one request. The way out is `ReplyWriter`'s.
final class CallDispatcher: FrameHandler {
  private let worker: Worker
  private let replies: ReplyWriter
  private let table: MethodTable
  private let runQueue: RunQueue
  private let system: SystemAnswers
  private var batchScanner: BatchScanner
  private var arguments: Arguments

  init(
    _ worker: Worker, table: MethodTable, configuration: Configuration, status: StatusReporter,
    tokens: TokenService, flows: FlowFiles, nothing: ByteBuffer
  ) {
    self.worker = worker
    self.table = table
    replies = worker.replies
    runQueue = worker.burst.runQueue
    system = SystemAnswers(worker, status: status)
    let limits = configuration.limits
    batchScanner = BatchScanner(depthLimit: limits.depth, elementLimit: limits.batchLength)
    arguments = Arguments(
      settings: Settings(configuration, tokens: tokens, flowFiles: flows), depthLimit: limits.depth,
      allowance: .onLoop, nothing: nothing)
    arguments.notes = CallNotes(isKept: worker.observer.keepsAccessLog)
  }

  /// Takes in one JSON text: a request, or a batch of them.
  func receive(_ text: consuming ByteBuffer, from connection: ClientConnection) {
    guard BatchScanner.isBatch(text.readableBytesSpan) else {
      let length = text.readableBytes
      return call(text, 0..<length, on: connection, batch: nil)
    }
    receiveBatch(text, from: connection)
  }

  private func receiveBatch(_ text: ByteBuffer, from connection: ClientConnection) {
    do throws(JSONFault) {
      try batchScanner.scan(text.readableBytesSpan)
    } catch {
      return refuse(RPCError(error), RequestID(), from: connection)
    }
    guard !batchScanner.isEmpty else {
      return refuse(
        RPCError(.invalidRequest, "a batch has at least one member"), RequestID(),
        from: connection)
    }
    guard !batchScanner.isTooLong else {
      return refuse(
        RPCError(
          .tooLarge, "a batch has at most \(worker.limits.batchLength) members",
          limit: .batchLength),
        RequestID(), from: connection)
    }
    connection.start(
      BatchMembers(of: text, batchScanner.elements, headRoom: connection.replyHeadRoom))
  }

  /// Takes in one member of a batch.
  func receive(_ member: Range<Int>, of batch: BatchMembers, from connection: ClientConnection) {
    call(batch.text, member, on: connection, batch: batch.reply)
  }

  /// Refuses bytes that no call could be read from, but for its id maybe.
  func refuse(
    _ error: RPCError, _ id: consuming RequestID, from connection: ClientConnection
  ) {
    var request = Request(
      connection: connection, batch: nil, startedAt: connection.lastActive, bytesIn: 0)
    request.id = id
    replies.begin(request)
    replies.end(request, notes: nil, error)
  }

  /// The whole way of one request, from its bytes to the store.
  private func call(
    _ text: consuming ByteBuffer, _ range: Range<Int>, on connection: ClientConnection,
    batch: BatchReply?
  ) {
    var request = Request(
      connection: connection, batch: batch, startedAt: connection.lastActive, bytesIn: range.count)
    let index: Int
    do throws(RPCError) {
      try scan(text.readableBytesSpan, range, into: &request)
      index = try method(in: text.readableBytesSpan)
    } catch {
      replies.begin(request)
      return replies.end(request, notes: nil, error)
    }
    guard connection.share.hasRoom || !table.needsStore[index] else {
      return connection.hold(batch == nil ? text : nil)
    }
    replies.begin(request)
    request.method = index
    // Nobody is there to be told.
    guard connection.isOpen || table.methods[index].effect != .read else {
      return replies.end(request, notes: nil, .clientGone)
    }
    var hasNotes = false
    var postponed: PostponedCall?
    do throws(RPCError) {
      let permit = try worker.admission.admit(
        connection.identity, method: index, now: runQueue.time)
      let method = table.methods[index]
      // A question about the sidecar itself is answered in any case, and subscriptions, which can be ended, look for
      // themselves.
      guard
        request.connection.hasRoom(for: range.count + HeldBytes.perCall)
          || !table.needsStore[index]
      else { throw RPCError.clientMemory }
      hasNotes = arguments.notes.isKept
      try arguments.begin(method, request: text, permit: permit, range, postponing: &postponed)
      defer {
        if arguments.hasLongKey { worker.observer.limitBit(.keyLength) }
        arguments.end()
      }
      switch method.work {
      case .primitive(let begin, _):
        let command = arguments.idempotent(
          try arguments.trying(method, range, begin, postponing: &postponed))
        let isMutation = arguments.deadlineMs != nil && command.isMutation
        worker.lookAhead(to: command, for: &request)
        connection.share.entered()
        let ticket = worker.wait(for: request, &arguments, isMutation: isMutation)
        worker.store.submit(command, ticket: ticket)
      case .many(let begin, _):
        runQueue.startsHeavy()
        submit(arguments.idempotent(try begin(&arguments)), for: request)
      case .procedure(let begin):
        runQueue.startsHeavy()
        let opening = try arguments.trying(method, range, begin, postponing: &postponed)
        let notes = hasNotes ? arguments.notes : nil
        if case .look(let look) = opening, arguments.deadlineMs == nil,
          arguments.idempotency == nil, worker.records.isIdle(look.name)
        {
          worker.look(look, for: request, notes: notes)
        } else if case .step(let step) = opening, arguments.deadlineMs == nil {
          worker.take(step, for: request, notes: notes)
        } else if case .answer(let result, let decision) = opening {
          if let decision { worker.observer.count(decision) }
          replies.end(request, notes: notes) { $0.writeImmutableBuffer(result) }
        } else {
          let opening = arguments.idempotent(opening)
          let call = ProcedureCall(
            request, notes: notes, deadlineMs: arguments.deadlineMs,
            idempotency: arguments.idempotency, worker: worker)
          call.open(opening)
        }
      case .repeated(let begin):
        runQueue.startsHeavy()
        let step = try begin(&arguments)
        RepeatedCall.begin(
          request, step, notes: hasNotes ? arguments.notes : nil,
          deadlineMs: arguments.deadlineMs, idempotency: arguments.idempotency, worker: worker)
      case .subscription(let ask):
        handle(try ask(&arguments), for: request)
      case .system(let ask):
        runQueue.startsHeavy()
        system.answer(try ask(&arguments), for: request, &arguments)
      }
    } catch {
      let notes = hasNotes ? arguments.notes : nil
      guard let postponed else { return replies.end(request, notes: notes, error) }
      ProcedureCall(
        request, notes: notes, deadlineMs: arguments.deadlineMs, idempotency: nil, worker: worker
      ).open(postponed)
    }
  }

  /// Takes the envelope apart.
  private func scan(
    _ text: RawSpan, _ range: Range<Int>, into request: inout Request
  ) throws(RPCError) {
    do throws(JSONFault) {
      try arguments.scanner.scan(text, from: range.lowerBound, to: range.upperBound)
    } catch {
      // What is no JSON has no id to be sure of; what is too deep has one that its caller waits for.
      if case .tooDeep = error {
        request.id = RequestID(beginning: text.extracting(range))
      }
      throw RPCError(error)
    }
    let isValid = arguments.scanner.isValidRequest
    switch arguments.scanner.idKind {
    case .string, .number, .null:
      if let id = arguments.scanner.id {
        request.id = RequestID(text.extracting(id.offsets))
      }
    case nil where isValid:
      request.isNotification = true
    default:
      break
    }
    guard isValid else {
      let fault = arguments.scanner.fault.map { ": \($0)" } ?? ""
      throw RPCError(.invalidRequest, Reason.invalidRequest.message + fault)
    }
  }

  private func method(in text: RawSpan) throws(RPCError) -> Int {
    guard let name = arguments.scanner.method else { throw RPCError(.methodNotFound) }
    let hasEscapes = arguments.scanner.methodHasEscapes
    guard let index = table.index(of: name, hasEscapes: hasEscapes, in: text) else {
      throw RPCError(.methodNotFound)
    }
    return index
  }

  /// Submits the steps of a call of many, each under a ticket of its own.
  private func submit(_ commands: [StoreCommand], for request: consuming Request) {
    let isMutation = arguments.deadlineMs != nil && commands.contains { $0.isMutation }
    let share = request.connection.share
    let parent = worker.wait(
      for: request, &arguments, isMutation: isMutation, steps: commands)
    if commands.isEmpty, case .call(let call) = replies.calls.remove(parent.index) {
      return replies.end(call, [])
    }
    share.entered()
    worker.submitSteps(of: parent.index)
  }

  /// Begins or ends a subscription.
  private func handle(_ subscription: SubscriptionRequest, for request: consuming Request) {
    let notes = arguments.notes.isKept ? arguments.notes : nil
    guard !request.connection.isHTTP else {
      return replies.end(
        request, notes: notes,
        RPCError(
          .invalidRequest, "events need a connection of JSON texts: there are none over HTTP"))
    }
    switch subscription {
    case .subscribe(let topic, let prefixCount):
      EventSubscription.begin(
        topic, prefixCount: prefixCount, request, notes: notes, deadlineMs: arguments.deadlineMs,
        worker: worker)
    case .unsubscribe(let name):
      let subscription = request.connection.subscriptions[name]
      subscription?.end()
      replies.end(request, notes: notes) { result throws(RPCError) in
        result.writeStaticString(subscription == nil ? "false" : "true")
      }
    }
  }
}
