internal import CloakroomCore
internal import Glibc
internal import NIOCore

/// Asks the kernel who is at the other end of a Unix socket.
enum PeerCredentials {
  /// As many supplementary groups as are asked for first; Linux answers ERANGE when there are more.
  private typealias FewGroups = InlineArray<64, gid_t>
  /// As many as Linux lets a process have (NGROUPS_MAX).
  private typealias AllGroups = InlineArray<65_536, gid_t>

  /// `struct ucred` of unix(7), which Swift does not import: pid, uid and gid.
  private typealias Credentials = InlineArray<3, UInt32>

  /// `SO_PEERGROUPS` of socket(7); not among the constants that Swift imports.
  private static let peerGroups = NIOBSDSocket.Option(rawValue: 59)

  /// Who has connected, with its supplementary groups, as the kernel noted when it did.
  static func read(from channel: any Channel) -> EventLoopFuture<(Peer, [UInt32])> {
    guard let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    let credentials: EventLoopFuture<Credentials> = socket.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    let few: EventLoopFuture<FewGroups> = socket.unsafeGetSocketOption(
      level: .socket, name: peerGroups)
    let groups = few.map { groups in members(groups.indices.map { groups[$0] }) }
      .flatMapError { _ in
        let all: EventLoopFuture<AllGroups> = socket.unsafeGetSocketOption(
          level: .socket, name: peerGroups)
        return all.map { groups in members(groups.indices.map { groups[$0] }) }
      }
    // A kernel that doesn't tell has no groups for us.
    return credentials.and(groups.recover { _ in [] }).map { credentials, groups in
      let peer = Peer(
        uid: credentials[1], gid: credentials[2], pid: Int32(bitPattern: credentials[0]))
      return (peer, groups)
    }
  }

  /// The groups among what was answered. The rest of the memory is zero, and so is the id of the group root,
  /// which for that reason only counts as a primary group.
  private static func members(_ answered: [gid_t]) -> [UInt32] { answered.filter { $0 != 0 } }
}
