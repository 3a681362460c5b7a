/// Connections that are waited for together.
final class LoadCrowd {
  let connections: [LoadConnection]
  private var epoll: Epoll

  /// - Parameter connections: each has its index as token.
  init(_ connections: [LoadConnection]) throws(LoadFault) {
    self.connections = connections
    epoll = try Epoll(capacity: min(connections.count, 256))
    for connection in connections {
      try epoll.add(connection.descriptor.number, token: connection.token)
    }
  }

  /// Waits for a tenth of a second at most until something has arrived, and sends what had to wait
  /// for space.
  ///
  /// - Parameter receive: takes what has arrived on a connection.
  func wait(_ receive: (LoadConnection) throws(LoadFault) -> Void) throws(LoadFault) {
    let count = try epoll.wait(milliseconds: 100)
    for index in 0..<count {
      let event = epoll[index]
      let connection = connections[Int(truncatingIfNeeded: event.token)]
      if event.isReadable { try receive(connection) }
      if event.isWritable { try send(connection) }
    }
  }

  /// Sends what was written down, as soon as there is space.
  func send(_ connection: LoadConnection) throws(LoadFault) {
    let isArmed = try !connection.flush()
    guard connection.isArmed != isArmed else { return }
    connection.isArmed = isArmed
    try epoll.modify(connection.descriptor.number, token: connection.token, writable: isArmed)
  }
}
