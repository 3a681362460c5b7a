/// What one service is: who may be it, what it may call, and how often.
public struct ServicePolicy: Sendable, Equatable {
  /// How often a service may call, over all of its connections.
  public struct Rate: Sendable, Equatable {
    /// Calls a second, in the long run; 1 or more.
    public let perSecond: Int
    /// Calls that may come at once after a quiet time; 1 or more.
    public let burst: Int

    /// A rate, with a burst of one second's worth unless told otherwise. Less than one call counts
    /// as one.
    public init(perSecond: Int, burst: Int? = nil) {
      self.perSecond = max(perSecond, 1)
      self.burst = max(burst ?? perSecond, 1)
    }
  }

  /// Who may be a service.
  public struct Members: Sendable, Equatable {
    /// Whether it is for everyone who may open the socket.
    public var everyone: Bool
    /// User ids: those that were given, of named users, and of the members of named groups.
    public var userIDs: Set<UInt32>
    /// Group ids: those that were given, and of named groups.
    public var groupIDs: Set<UInt32>

    /// Names the members.
    public init(
      everyone: Bool = false, userIDs: Set<UInt32> = [], groupIDs: Set<UInt32> = []
    ) {
      self.everyone = everyone
      self.userIDs = userIDs
      self.groupIDs = groupIDs
    }

    /// Whether a peer is one of them.
    ///
    /// - Parameters:
    ///   - peer: who is at the other end.
    ///   - groups: the peer's supplementary groups as the kernel knows them (`SO_PEERGROUPS`).
    public func contains(_ peer: Peer, groups: [UInt32] = []) -> Bool {
      everyone || userIDs.contains(peer.uid) || groupIDs.contains(peer.gid)
        || groups.contains(where: groupIDs.contains)
    }
  }

  /// The service's name, which is part of its keys in the store and a label of the metrics.
  public let name: String
  /// Who may be it.
  public let members: Members
  /// The methods that it may call.
  public let methods: [Glob]
  /// How often it may call; nil is without limit.
  public let rate: Rate?

  /// Describes a service; `name` has to be a `PlainName`, or nothing is described.
  public init?(name: String, members: Members, methods: [Glob], rate: Rate? = nil) {
    guard PlainName.accepts(name) else { return nil }
    self.name = name
    self.members = members
    self.methods = methods
    self.rate = rate
  }

  private init(open name: String) {
    self.name = name
    self.members = Members(everyone: true)
    self.methods = [Glob("*")]
    self.rate = nil
  }

  /// The service of everybody when no service is configured: every method, at any rate.
  public static let open = ServicePolicy(open: "default")

  /// Whether the service may call each of some methods, by the methods' own order: worked out once,
  /// so that a call costs one look into an array.
  public func allowedMethods(in methodNames: [String]) -> [Bool] {
    methodNames.map { name in methods.contains { $0.matches(name) } }
  }
}
