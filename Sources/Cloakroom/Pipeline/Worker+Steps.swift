internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// Steps of the store that are not the one step of a call.
extension Worker {
  /// Takes a step of the store for a procedure, or for the sidecar itself.
  ///
  /// - Parameters:
  ///   - completion: called with the reply; nil when it is not needed.
  ///   - submitting: told the ticket before the step is submitted.
  func perform(
    _ command: StoreCommand, _ completion: ((StoreReply) -> Void)?,
    submitting: (StoreTicket) -> Void
  ) {
    let ticket = calls.add(.procedure(completion.map { StepCompletion($0) }))
    submitting(ticket)
    store.submit(command, ticket: ticket)
  }

  /// Takes a step of the store for the sidecar itself.
  func perform(_ command: StoreCommand, _ completion: ((StoreReply) -> Void)?) {
    perform(command, completion) { _ in }
  }

  /// How long an outage is waited out before a withdrawal is tried again, in milliseconds.
  private static let withdrawalPauseMs: ClosedRange<Int64> = 250...500
  /// How often a withdrawal is tried: for a minute at least. What is to be withdrawn has a life of its own.
  private static let withdrawalTries = 240
  /// How many withdrawals of a loop wait out an outage.
  private static let mostWithdrawals = 1024

  /// Takes back a step of the store by another one. The caller was told that nothing is held: so it is
  /// tried again while the store is out.
  func takeBack(by command: StoreCommand) {
    takeBack(triesLeft: Self.withdrawalTries) { ended in
      self.perform(command) {
        if case .failure(let error) = $0 { ended(error) } else { ended(nil) }
      }
    }
  }

  /// The same of a call on a record.
  func takeBack(by call: RecordCall) {
    takeBack(triesLeft: Self.withdrawalTries) { ended in
      self.records.run(call) {
        if case .failure(let error) = $0.result { ended(error) } else { ended(nil) }
      }
    }
  }

  private func takeBack(
    triesLeft: Int, _ attempt: @escaping (_ ended: @escaping (RPCError?) -> Void) -> Void
  ) {
    attempt { error in
      guard let error, error.mayPass else { return }
      guard triesLeft > 0, self.withdrawalsWaiting < Self.mostWithdrawals else {
        return self.observer.limitBit(.withdrawals)
      }
      self.withdrawalsWaiting += 1
      let pause = Duration.milliseconds(Int64.random(in: Self.withdrawalPauseMs))
      self.later(pause) {
        self.withdrawalsWaiting -= 1
        self.takeBack(triesLeft: triesLeft - 1, attempt)
      }
    }
  }
}

extension Worker: RecordHost {
  func later(_ time: Duration, _ body: @escaping () -> Void) {
    // On the loop already: only what runs there calls this, and NIO checks that each time.
    loop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
      body()
      self.finishedBurst()
    }
  }

  func recordIsCrowded() { observer.limitBit(.recordQueue) }
}

extension RPCError {
  /// Whether the same step may succeed before long.
  fileprivate var mayPass: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown, .overloaded: true
    default: false
    }
  }
}
