internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Takes what a connection has read.
protocol FrameHandler: AnyObject {
  /// One JSON text: a request, or a batch of them.
  func receive(_ text: consuming ByteBuffer, from connection: ClientConnection)
  /// The rest of a batch that the connection was given to hold back.
  func resume(_ rest: BatchRest, from connection: ClientConnection)
  /// Bytes that no call can be read from, but maybe its id.
  func refuse(_ error: RPCError, _ id: consuming RequestID, from connection: ClientConnection)
}

/// Keeps the connections of one event loop.
protocol ConnectionOwner: AnyObject {
  /// Whether no more calls are taken.
  var isDraining: Bool { get }
  func opened(_ connection: ClientConnection)
  func closed(_ connection: ClientConnection)
  /// Takes back a step of the store by another one.
  func takeBack(by command: StoreCommand)
}
