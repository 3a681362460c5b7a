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
  /// Calls something on the loop after a time.
  func later(_ time: Duration, _ body: @escaping () -> Void)
  /// Something was found to have happened to a record by itself; told once.
  ///
  /// - Parameters:
  ///   - namespace: that of the record's kind.
  ///   - subject: what the record was about; nil for kinds that say nothing of it.
  func noticed(
    _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
    about subject: RecordSubject?)
}
