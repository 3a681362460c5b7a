internal import CloakroomStore

extension Worker {
  /// What is known of the value that a command reads counts before it is read, and what one writes is known then.
  ///
  /// A peer with many short calls under way pays nothing for it as long as no value is long.
  @inline(__always)
  func lookAhead(to command: StoreCommand, for request: inout Request) {
    guard let longValues,
      longValues.isUsed || request.connection.share.active <= PeerShare.firstCalls
        || request.bytesIn > LongValues.shortBytes
    else { return }
    let value = longValues.value(of: command)
    guard value.isSome else { return longValues.saw(command) }
    request.value = value
    expect(value, for: request)
  }

  /// A request reads the value of a name, and is answered with that alone.
  func expectValue(of name: StoreKey, for request: inout Request) {
    guard let longValues else { return }
    request.value = longValues.name(of: name)
    expect(request.value, for: request)
  }

  /// A call of a peer reads the value of a name, among other things.
  func expectValue(of name: StoreKey, in share: PeerShare) {
    guard let longValues, longValues.isUsed else { return }
    share.expects(longValues.length(of: longValues.name(of: name)), now: burst.now())
  }

  @inline(__always)
  private func expect(_ value: LongValues.Name, for request: borrowing Request) {
    guard let length = longValues?.length(of: value), length > 0 else { return }
    request.connection.share.expects(length, now: burst.now())
  }

  /// Hands a command to the store, and sees what it writes.
  func submit(_ command: StoreCommand, ticket: StoreTicket) {
    longValues?.saw(command)
    store.submit(command, ticket: ticket)
  }
}
