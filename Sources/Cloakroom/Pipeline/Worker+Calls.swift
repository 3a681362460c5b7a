internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The way of a call: in through `receive`, out through `complete`.
extension Worker {
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
      return refuse(RPCError(error), limit: error.limit, from: connection)
    }
    guard !batchScanner.isEmpty else {
      return refuse(
        RPCError(.invalidRequest, "a batch has at least one member"), limit: nil, from: connection)
    }
    guard !batchScanner.isTooLong else {
      return refuse(
        RPCError(.tooLarge, "a batch has at most \(limits.batchLength) members"),
        limit: .batchLength, from: connection)
    }
    let batch = BatchReply(count: batchScanner.count)
    for element in batchScanner.elements {
      call(text, element.offsets, on: connection, batch: batch)
    }
  }

  /// The whole way of one request, from its bytes to the store.
  private func call(
    _ text: consuming ByteBuffer, _ range: Range<Int>, on connection: ClientConnection,
    batch: BatchReply?
  ) {
    var request = Request(
      connection: connection, batch: batch, startedAt: burstStart, bytesIn: range.count)
    begin(request)
    var hasNotes = false
    do throws(RPCError) {
      try scan(text.readableBytesSpan, range, into: &request)
      let index = try method(in: text.readableBytesSpan)
      request.method = index
      let permit = try admit(connection, index)
      let method = table.methods[index]
      hasNotes = arguments.notes.isKept
      try arguments.begin(method, request: text, permit: permit)
      defer {
        if arguments.hasLongKey { observer.limitBit(.keyLength) }
        arguments.end()
      }
      switch method.work {
      case .primitive(let begin, _):
        let command = arguments.once(try begin(&arguments))
        let isMutation = arguments.deadlineMs != nil && command.isMutation
        store.submit(command, ticket: wait(for: request, isMutation: isMutation))
      case .many(let begin, _):
        submit(arguments.once(try begin(&arguments)), for: request)
      case .procedure(let begin):
        let opening = arguments.once(try begin(&arguments))
        let call = ProcedureCall(
          request, notes: hasNotes ? arguments.notes : nil, deadlineMs: arguments.deadlineMs,
          record: arguments.record, worker: self)
        call.open(opening)
      case .subscription(let ask):
        handle(try ask(&arguments), for: request)
      case .system(let ask):
        answer(try ask(&arguments), for: request)
      }
    } catch {
      end(request, notes: hasNotes ? arguments.notes : nil, error)
    }
  }

  /// Takes the envelope apart.
  private func scan(
    _ text: RawSpan, _ range: Range<Int>, into request: inout Request
  ) throws(RPCError) {
    do throws(JSONFault) {
      try arguments.scanner.scan(text, from: range.lowerBound, to: range.upperBound)
    } catch {
      if let limit = error.limit { observer.limitBit(limit) }
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
    guard isValid else { throw RPCError(.invalidRequest) }
  }

  private func method(in text: RawSpan) throws(RPCError) -> Int {
    guard let name = arguments.scanner.method else { throw RPCError(.methodNotFound) }
    let hasEscapes = arguments.scanner.methodHasEscapes
    guard let index = table.index(of: name, hasEscapes: hasEscapes, in: text) else {
      throw RPCError(.methodNotFound)
    }
    return index
  }

  private func admit(_ connection: ClientConnection, _ method: Int) throws(RPCError) -> Permit {
    do throws(RPCError) {
      return try admission.admit(connection.identity, method: method, now: burstStart)
    } catch {
      if error.reason == .rateLimited { observer.limitBit(.rate) }
      throw error
    }
  }

  // MARK: Waiting for the store

  /// Gives a request a ticket under which its reply will come.
  ///
  /// - Parameters:
  ///   - isMutation: whether it changes something; asked for only where there is a deadline.
  ///   - steps: how many replies it waits for, when it has steps with tickets of their own.
  func wait(
    for request: consuming Request, isMutation: Bool = false, steps: Int? = nil
  ) -> StoreTicket {
    var extras: CallExtras?
    if arguments.notes.isKept || arguments.deadlineMs != nil || steps != nil {
      let all = CallExtras()
      if arguments.notes.isKept { all.notes = arguments.notes }
      all.isMutation = isMutation
      if let steps {
        all.replies = Array(repeating: nil, count: steps)
        all.remaining = steps
      }
      extras = all
    }
    let ticket = calls.add(
      .call(Call(request: request, replyContext: arguments.replyContext, extras: extras)))
    if let milliseconds = arguments.deadlineMs, let extras {
      extras.sendings = store.sendings
      startDeadline(milliseconds, for: ticket, extras)
    }
    return ticket
  }

  private func startDeadline(
    _ milliseconds: Int64, for ticket: StoreTicket, _ extras: CallExtras
  ) {
    let patience = TimeAmount.milliseconds(min(milliseconds, TimeToLive.longest.milliseconds))
    // On the worker's own loop, where calls are begun.
    extras.deadline = loop.assumeIsolated().scheduleTask(in: patience) {
      guard self.calls.extras(ticket.index) === extras, !extras.isAnswered else { return }
      self.observer.limitBit(.deadline)
      // The ticket stays in use until the store has answered, but no caller waits for it any more.
      self.calls.withCall(ticket.index) { self.endLate($0, ticket, extras) }
      self.finishedBurst()
    }
  }

  /// Ends a call whose time is over, and says what is true: what was sent may be done.
  private func endLate(_ call: borrowing Call, _ ticket: StoreTicket, _ extras: CallExtras) {
    let tickets = extras.steps.isEmpty ? [ticket] : extras.steps
    let isUndone =
      !extras.isMutation
      || tickets.allSatisfy { store.withdraw($0, since: extras.sendings) }
    if !isUndone, !extras.steps.isEmpty {
      // Each of many steps has its own end.
      return end(call, extras.replies.map { $0 ?? .failure(.mayHaveBeenDone) })
    }
    extras.isAnswered = true
    end(
      call.request, notes: extras.notes,
      isUndone ? RPCError(.deadlineExceeded) : .mayHaveBeenDone)
  }

  private func submit(_ commands: [StoreCommand], for request: consuming Request) {
    let isMutation = arguments.deadlineMs != nil && commands.contains { $0.isMutation }
    let parent = wait(for: request, isMutation: isMutation, steps: commands.count)
    if commands.isEmpty, case .call(let call) = calls.remove(parent.index) { return end(call, []) }
    let tickets = commands.indices.map { calls.add(.step(of: parent.index, position: $0)) }
    if isMutation { calls.extras(parent.index)?.steps = tickets }
    for (command, ticket) in zip(commands, tickets) { store.submit(command, ticket: ticket) }
  }

  /// The store has answered.
  func complete(_ ticket: StoreTicket, with reply: consuming StoreReply) {
    switch calls.remove(ticket.index) {
    case .call(let call):
      end(call, reply)
    case .step(let parent, let position):
      guard let extras = calls.extras(parent) else { return }
      extras.replies[position] = reply
      extras.remaining -= 1
      guard extras.remaining == 0, case .call(let call) = calls.remove(parent) else { return }
      end(call, extras.replies.compactMap { $0 })
    case .opening(let call):
      call.opened(reply)
    case .procedure(let step):
      step?.completion(reply)
    case .free:
      break
    }
  }
}
