internal import CloakroomCore
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
    submitting: (StoreTicket) -> Void = { _ in }
  ) {
    let name = command.pendingName
    let step = name == nil && completion == nil ? nil : StepCompletion(name: name, completion)
    let ticket = calls.add(.procedure(step))
    submitting(ticket)
    store.submit(command, ticket: ticket)
  }

  /// How long an outage is waited out before a withdrawal is tried again, in milliseconds.
  private static let withdrawalPauseMs: ClosedRange<Int64> = 250...500
  /// How often a withdrawal is tried: for a minute at least. What is to be withdrawn has a life of its own.
  private static let withdrawalTries = 240
  /// How many withdrawals of a loop wait out an outage.
  private static let mostWithdrawals = 1024

  /// Takes back a step of the store by another one. The caller was told that nothing is held: so it is
  /// tried again while the store is out.
  func takeBack(by command: StoreCommand) { takeBack(by: command, triesLeft: Self.withdrawalTries) }

  private func takeBack(by command: StoreCommand, triesLeft: Int) {
    perform(command) { reply in
      guard case .failure(let error) = reply, error.mayPass else { return }
      guard triesLeft > 0, self.withdrawalsWaiting < Self.mostWithdrawals else {
        return self.observer.limitBit(.withdrawals)
      }
      self.withdrawalsWaiting += 1
      let pause = TimeAmount.milliseconds(.random(in: Self.withdrawalPauseMs))
      // On the loop already: a step's reply is handed over there, and NIO checks that each time.
      self.loop.assumeIsolated().scheduleTask(in: pause) {
        self.withdrawalsWaiting -= 1
        self.takeBack(by: command, triesLeft: triesLeft - 1)
      }
    }
  }
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
