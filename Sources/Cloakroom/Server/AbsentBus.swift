internal import CloakroomCore
internal import CloakroomStore

/// The bus of a store that has none: nothing can be listened to.
final class AbsentBus: BusLink {
  private var listener: (any BusListener)?

  func start(listener: any BusListener) { self.listener = listener }
  func close() { listener = nil }
  func subscribe(_ topic: Topic, id: UInt32) {
    listener?.failed(id, with: RPCError(.unavailable, "the store has no message bus"))
  }
  func unsubscribe(id: UInt32) {}
}
