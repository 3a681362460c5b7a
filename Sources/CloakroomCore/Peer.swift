/// Who is at the other end of a socket, as the kernel tells it (`SO_PEERCRED`, unix(7)).
public struct Peer: Sendable, Hashable {
  /// The user id the peer had when it connected.
  public let uid: UInt32
  /// The group id the peer had when it connected.
  public let gid: UInt32
  /// The process id of the peer.
  public let pid: Int32

  /// Names a peer.
  public init(uid: UInt32, gid: UInt32, pid: Int32) {
    self.uid = uid
    self.gid = gid
    self.pid = pid
  }
}
