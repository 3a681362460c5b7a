/// The service that a connection acts for, as admission has found it.
public struct ServiceIdentity: Sendable {
  /// The service's index among the policy's services.
  public let index: Int
  /// The service's name. Under the open policy it may be one that the policy doesn't have.
  public let name: String

  fileprivate let keySpace: KeySpace

  fileprivate init(index: Int, name: String, keySpace: KeySpace) {
    self.index = index
    self.name = name
    self.keySpace = keySpace
  }
}

/// What lets a call in: only admission makes one, and every method requires one.
public struct Permit: Sendable {
  /// The names that the caller's service has for its values.
  public let keySpace: KeySpace

  fileprivate init(keySpace: KeySpace) { self.keySpace = keySpace }
}

/// The one place where it is decided who may call what, and how often.
///
/// Made from a policy; when the policy is read anew, a new admission takes the old one's place and
/// connections ask it for their service again.
public final class Admission: Sendable {
  /// What every service may call: without these a caller can't even find out who it is.
  private static let openToAll: Set<String> = ["system.cancel", "system.hello", "system.ping"]

  /// The policy that is applied.
  public let policy: Policy
  /// Whether a service may call a method: for each service a row of all methods. One array, and the next
  /// ones beside it: to look at a structure of all that a service has would count references.
  private let allowed: ContiguousArray<Bool>
  private let methods: [String]
  private let methodCount: Int
  private let gates: ContiguousArray<RateGate?>
  private let identities: ContiguousArray<ServiceIdentity>
  /// What all names in the store begin with.
  private let prefix: String
  private let labels: [Int]
  private let labelsByName: [String: Int]
  private let unknownLabel: Int

  /// Applies a policy.
  ///
  /// - Parameters:
  ///   - prefix: what all names in the store begin with.
  ///   - methods: the names of all methods, in the order of the method table.
  ///   - labels: the services' names that log and metrics began with; a service that a later policy
  ///     brings is unknown to them.
  public init(policy: Policy, prefix: String, methods: [String], labels: [String]) {
    self.policy = policy
    self.prefix = prefix
    self.labels = policy.services.map { labels.firstIndex(of: $0.name) ?? labels.count }
    labelsByName = Dictionary(
      labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    unknownLabel = labels.count
    self.methods = methods
    methodCount = methods.count
    allowed = ContiguousArray(
      policy.services.flatMap { service in
        zip(methods, service.allowedMethods(in: methods)).map { name, isAllowed in
          isAllowed || Self.openToAll.contains(name)
        }
      })
    gates = ContiguousArray(policy.services.map { $0.rate.map(RateGate.init) })
    identities = ContiguousArray(
      policy.services.enumerated().map { index, service in
        ServiceIdentity(
          index: index, name: service.name,
          keySpace: KeySpace(prefix: prefix, service: service.name))
      })
  }

  private init(copying other: Admission) {
    policy = other.policy
    prefix = other.prefix
    allowed = ContiguousArray(other.allowed.map { $0 })
    methods = other.methods.map { $0 }
    methodCount = other.methodCount
    gates = ContiguousArray(other.gates.map { $0 })
    identities = ContiguousArray(
      other.identities.map {
        ServiceIdentity(index: $0.index, name: $0.name, keySpace: $0.keySpace.copy())
      })
    labels = other.labels.map { $0 }
    labelsByName = other.labelsByName
    unknownLabel = other.unknownLabel
  }

  /// The same admission for another event loop; what counts calls, and so must be one, stays one.
  ///
  /// Every call counts references to what it uses, and two loops that count the same ones take the
  /// memory that the counts are in away from each other each time.
  public func copy() -> Admission { Admission(copying: self) }

  /// The service that a peer acts for.
  ///
  /// - Parameters:
  ///   - peer: who is at the other end.
  ///   - groups: the peer's supplementary groups.
  ///   - name: the service that it has asked for; nil is the first that the policy has for it.
  /// - Returns: nil when the policy has none for it, or not that one.
  public func identity(
    of peer: Peer, groups: [UInt32] = [], named name: String? = nil
  ) -> ServiceIdentity? {
    let index =
      name.map { policy.service(named: $0, for: peer, groups: groups) }
      ?? policy.service(for: peer, groups: groups)
    guard let index, identities.indices.contains(index) else { return nil }
    guard policy.isOpen, let name, name != identities[index].name else { return identities[index] }
    return ServiceIdentity(
      index: index, name: name, keySpace: KeySpace(prefix: prefix, service: name))
  }

  /// What log and metrics know a service by; for none, or one they don't know, an index past theirs.
  ///
  /// All services of the open policy are one to them: as many as callers think up would be without
  /// bound.
  public func label(of service: Int?) -> Int {
    guard let service, labels.indices.contains(service) else { return unknownLabel }
    return labels[service]
  }

  /// What log and metrics know a service by that is named by what is stored.
  public func label(named service: String?) -> Int {
    guard let service else { return unknownLabel }
    return labelsByName[service] ?? (policy.isOpen ? label(of: 0) : unknownLabel)
  }

  /// Whether a service may call a method at all, without counting it as a call.
  public func allows(service: Int?, method: Int) -> Bool {
    guard let service, identities.indices.contains(service), (0..<methodCount).contains(method)
    else {
      return false
    }
    return allowed[service * methodCount + method]
  }

  /// Lets a call in, or refuses it.
  ///
  /// - Parameters:
  ///   - identity: the caller's service, nil when the policy names none for it.
  ///   - method: the method's index in the method table.
  ///   - now: nanoseconds of a clock that never goes back.
  /// - Throws: FORBIDDEN, or RATE_LIMITED with the time to wait.
  public func admit(
    _ identity: ServiceIdentity?, method: Int, now: UInt64
  ) throws(RPCError) -> Permit {
    guard let identity, gates.indices.contains(identity.index) else {
      throw RPCError(.forbidden, "the policy names no service for this caller")
    }
    guard allows(service: identity.index, method: method) else {
      throw methods.indices.contains(method)
        ? .forbidden(to: identity.name, methods[method]) : RPCError(.forbidden)
    }
    if let gate = gates[identity.index], let wait = gate.pass(at: now) {
      throw RPCError(
        .rateLimited, retryAfterMs: Int64(clamping: 1 + (wait - 1) / 1_000_000), limit: .rate)
    }
    return Permit(keySpace: identity.keySpace)
  }
}

extension RPCError {
  /// The policy does not let a service call a method.
  public static func forbidden(to service: String, _ method: String) -> RPCError {
    RPCError(.forbidden, "the policy does not let the service \(service) call \(method)")
  }
}
