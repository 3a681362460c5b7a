internal import CloakroomStore

extension Worker {
  /// So many steps of a call of many are submitted at a time, and more when they are answered: others' come between.
  static let portion = 128
  /// About as many bytes of values they have together at most.
  private static let portionBytes = 256 * 1024

  /// Submits the next steps of a call of many, each under a ticket of its own.
  ///
  /// - Parameter parent: the call's own ticket.
  func submitSteps(of parent: UInt32) {
    guard let extras = replies.calls.extras(parent) else { return }
    guard extras.remaining > 0 else {
      // Its time was over between two portions.
      if case .call(let call) = replies.calls.remove(parent) { replies.leftLink(call.request) }
      return
    }
    let commands = Self.portion(of: extras.rest)
    let first = extras.replies.count - extras.rest.count
    extras.rest = extras.rest.dropFirst(commands.count)
    extras.inFlight = commands.count
    if !extras.rest.isEmpty, !extras.holdsCalls {
      extras.holdsCalls = true
      replies.calls.withCall(parent) { $0.request.connection.pauseCalls() }
    }
    let tickets = commands.indices.map {
      replies.calls.add(.step(of: parent, position: first + $0 - commands.startIndex))
    }
    extras.sendings = store.sendings
    if extras.isMutation { extras.steps = tickets }
    for (command, ticket) in zip(commands, tickets) { submit(command, ticket: ticket) }
  }

  private static func portion(of commands: ArraySlice<StoreCommand>) -> ArraySlice<StoreCommand> {
    var bytes = 0
    let end = commands.prefix(portion).firstIndex { command in
      guard bytes < portionBytes else { return true }
      bytes += command.valueBytes
      return false
    }
    return end.map { commands[..<$0] } ?? commands.prefix(portion)
  }
}

extension StoreCommand {
  /// How many bytes the value has that it writes.
  fileprivate var valueBytes: Int {
    switch self {
    case .set(_, let value, _, _): value.readableBytes
    case .idempotent(_, let command): command.valueBytes
    default: 0
    }
  }
}
