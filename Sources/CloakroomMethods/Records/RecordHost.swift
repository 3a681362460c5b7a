public import CloakroomCore
public import CloakroomStore

/// What a runner needs of the event loop that it is on.
public protocol RecordHost: AnyObject {
  /// The way to the store.
  var store: any StoreLink { get }
  /// Hands a command to the store.
  ///
  /// - Parameters:
  ///   - completion: told the reply, on the loop; possibly before this returns.
  ///   - submitting: told the ticket before the command is submitted.
  func perform(
    _ command: StoreCommand, _ completion: ((StoreReply) -> Void)?,
    submitting: (StoreTicket) -> Void)
  /// Hands a command to the store for somebody who lasts: nothing is made for its reply alone.
  ///
  /// - Parameters:
  ///   - receiver: told the reply, on the loop; possibly before this returns.
  ///   - submitting: told the ticket before the command is submitted.
  func perform(
    _ command: StoreCommand, for receiver: any ReplyReceiver, submitting: (StoreTicket) -> Void)
  /// Calls something on the loop after a time.
  func later(_ time: Duration, _ body: @escaping () -> Void)
  /// Has a thread do something that would hold up the loop.
  ///
  /// - Parameters:
  ///   - owner: whose share it takes; nil is the sidecar's own.
  ///   - completion: told on the loop what it comes to; before this returns only where it is refused.
  /// - Returns: what drops it unless it has begun, and tells whether: nobody is told then what it comes to. Nil where
  ///   it was refused.
  func compute<Value: Sendable>(
    for owner: Peer?, _ work: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void
  ) -> (() -> Bool)?
  /// Something was found to have happened to a record by itself; told once.
  ///
  /// - Parameters:
  ///   - namespace: that of the record's kind.
  ///   - subject: what the record was about; nil for kinds that say nothing of it.
  func noticed(
    _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
    about subject: RecordSubject?)
}

/// Somebody who waits for one reply of the store at a time.
public protocol ReplyReceiver: AnyObject {
  /// The store has answered.
  func received(_ reply: consuming StoreReply)
}

extension RecordHost {
  /// As any other, for a host that has no table of those who wait.
  public func perform(
    _ command: StoreCommand, for receiver: any ReplyReceiver, submitting: (StoreTicket) -> Void
  ) {
    perform(command, { receiver.received($0) }, submitting: submitting)
  }

  /// At once, for a host that has no threads for it.
  public func compute<Value: Sendable>(
    for owner: Peer?, _ work: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void
  ) -> (() -> Bool)? {
    do throws(RPCError) {
      completion(.success(try work()))
    } catch {
      completion(.failure(error))
    }
    return nil
  }

  /// Hands a command to the store, for good.
  func perform(_ command: StoreCommand, _ completion: @escaping (StoreReply) -> Void) {
    perform(command, completion) { _ in }
  }

  /// Reads a record, and in the same round trip what calls need beside it.
  func read(
    _ name: StoreKey, for waits: [RecordWait], _ completion: @escaping (StoreReply) -> Void
  ) {
    var record: StoreReply?
    var hasLearned = false
    perform(.read(name)) {
      record = $0
      if hasLearned { completion($0) }
    }
    learn(for: waits) {
      hasLearned = true
      if let record { completion(record) }
    }
  }

  /// Reads what calls need beside their record, all at once.
  func learn(for waits: [RecordWait], _ completion: @escaping () -> Void) {
    let needing = waits.filter { $0.need != nil }
    guard !needing.isEmpty else { return completion() }
    var open = needing.count
    for wait in needing {
      guard let need = wait.need else { continue }
      perform(need.command) {
        wait.learn($0)
        open -= 1
        if open == 0 { completion() }
      }
    }
  }
}

/// What a record was about when something happened to it by itself, for those who count and log that.
public struct RecordSubject: Sendable, Equatable {
  /// The name of the flow that a session goes through.
  public let flow: String?
  /// The step that it was at.
  public let step: String?

  /// Describes a record.
  public init(flow: String?, step: String?) {
    self.flow = flow
    self.step = step
  }
}
