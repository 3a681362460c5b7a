extension Configuration {
  /// The Unix socket that clients connect to.
  public struct Socket: Sendable, Equatable {
    /// Where it is: a path of at most `SocketPath.longest` bytes.
    public var path: String
    /// The folder that has to be made and owned by the user alone before the socket is bound, when
    /// nothing but the temporary folder was left to put it in; nil otherwise.
    public var privateFolder: String?
    /// Who may connect, as permission bits of chmod(2).
    public var mode: UInt32
    /// The group that the socket is given to; nil leaves it with the process's own.
    public var groupID: UInt32?
    /// How many connections the kernel queues before they are accepted, listen(2). Linux cuts it
    /// off at net.core.somaxconn.
    public var backlog: Int32

    /// A socket at a path, for the user and the group.
    public init(
      path: String, privateFolder: String? = nil, mode: UInt32 = 0o660, groupID: UInt32? = nil,
      backlog: Int32 = 1024
    ) {
      self.path = path
      self.privateFolder = privateFolder
      self.mode = mode
      self.groupID = groupID
      self.backlog = backlog
    }

    /// A socket where `SocketPath` found it to belong.
    public init(_ path: SocketPath) {
      self.init(path: path.path, privateFolder: path.privateFolder)
    }
  }
}
