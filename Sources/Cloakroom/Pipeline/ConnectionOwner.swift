internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Takes what a connection has read.
protocol FrameHandler: AnyObject {
  /// One JSON text: a request, or a batch of them, whose members the connection has started one by one.
  func receive(_ text: consuming ByteBuffer, from connection: ClientConnection)
  /// One member of a batch that was taken apart.
  func receive(_ member: Range<Int>, of batch: BatchMembers, from connection: ClientConnection)
  /// Bytes that no call can be read from, but maybe its id.
  func refuse(_ error: RPCError, _ id: consuming RequestID, from connection: ClientConnection)
}

/// Keeps the connections of one event loop.
protocol ConnectionOwner: AnyObject {
  /// Whether no more calls are taken.
  var isDraining: Bool { get }
  func opened(_ connection: ClientConnection)
  func closed(_ connection: ClientConnection)
  /// Its channel has let it go.
  func removed(_ connection: ClientConnection)
  /// Ends what a connection has left that is gone, a little in each turn of the loop.
  func endLater(_ connection: ClientConnection)
  /// A connection is closed for what it has the sidecar hold.
  func dropping(_ connection: ClientConnection, _ held: HeldBytes)
  /// Takes back a step of the store by another one.
  func takeBack(by command: StoreCommand)
}
