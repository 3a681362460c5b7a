/// Who is at the other end of a socket, as the kernel tells it (`SO_PEERCRED`, unix(7)).
public struct Peer: Sendable, Hashable {
  /// The user id the peer had when it connected.
  public let uid: UInt32
  /// The group id the peer had when it connected.
  public let gid: UInt32
  /// The process id of the peer.
  public let pid: Int32

  /// The process at the other end: what shares go by.
  public struct Process: Sendable, Hashable {
    /// The user id that it acts by; one that acts for several users counts as several.
    public let uid: UInt32
    /// Its id.
    public let pid: Int32
  }

  /// Whose share the peer takes.
  public var process: Process { Process(uid: uid, pid: pid) }

  /// Names a peer.
  public init(uid: UInt32, gid: UInt32, pid: Int32) {
    self.uid = uid
    self.gid = gid
    self.pid = pid
  }
}
