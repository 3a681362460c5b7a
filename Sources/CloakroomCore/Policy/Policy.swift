/// Who may be which service. A service is named by its index from here on.
public struct Policy: Sendable, Equatable {
  /// Every service, in the order in which they were configured; never empty.
  public let services: [ServicePolicy]
  /// Whether it is the policy of no configuration, under which a peer may be a service of any name.
  public let isOpen: Bool

  /// A policy of some services; nil when there is none, or two have one name.
  public init?(services: [ServicePolicy]) {
    guard !services.isEmpty, Set(services.map(\.name)).count == services.count else { return nil }
    self.services = services
    isOpen = false
  }

  private init(open service: ServicePolicy) {
    services = [service]
    isOpen = true
  }

  /// The policy of no configuration: everyone who may open the socket is the service `default`, or a service
  /// of any other name, and may call every method at any rate. The socket's own permissions are the
  /// whole admission.
  public static let open = Policy(open: .open)

  /// The service that a peer is when it doesn't choose: the first one that it may be.
  ///
  /// - Parameters:
  ///   - peer: who is at the other end.
  ///   - groups: the peer's supplementary groups as the kernel knows them (`SO_PEERGROUPS`).
  /// - Returns: an index into `services`; nil when the peer may be none, and its calls are to be
  ///   refused FORBIDDEN.
  public func service(for peer: Peer, groups: [UInt32] = []) -> Int? {
    services.firstIndex { $0.members.contains(peer, groups: groups) }
  }

  /// Every service that a peer may be, as indices into `services`, its default first.
  public func services(for peer: Peer, groups: [UInt32] = []) -> [Int] {
    services.indices.filter { services[$0].members.contains(peer, groups: groups) }
  }

  /// The service of a name, when the peer may be it: what `system.hello {service}` picks.
  ///
  /// A service that doesn't exist and one that is not for the peer are the same nil, so that
  /// nobody learns which services there are. Under the open policy each valid name is that of the one
  /// service that there is: there are no rules that it could escape by another name.
  public func service(named name: String, for peer: Peer, groups: [UInt32] = []) -> Int? {
    if isOpen { return PlainName.accepts(name) ? 0 : nil }
    return services.firstIndex {
      ByteString($0.name) == ByteString(name) && $0.members.contains(peer, groups: groups)
    }
  }
}
