/// What lets a call in: only admission makes one, and every method requires one.
public struct Permit: Sendable {
  /// The service that the caller acts for: an index into the policy's services.
  public let service: Int
  /// The names that the service's values have.
  public let keySpace: KeySpace

  fileprivate init(service: Int, keySpace: KeySpace) {
    self.service = service
    self.keySpace = keySpace
  }
}

/// The one place where it is decided who may call what, and how often.
///
/// Made from a policy; when the policy is read anew, a new admission takes the old one's place and
/// connections ask it for their service again.
public final class Admission: Sendable {
  /// What every service may call: without these a caller can't even find out who it is.
  private static let openToAll: Set<String> = ["system.hello", "system.ping"]

  /// The policy that is applied.
  public let policy: Policy
  /// Whether a service may call a method: for each service a row of all methods. One array, and the next
  /// ones beside it: to look at a structure of all that a service has would count references.
  private let allowed: ContiguousArray<Bool>
  private let methodCount: Int
  private let gates: ContiguousArray<RateGate?>
  private let permits: ContiguousArray<Permit>
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
    self.labels = policy.services.map { labels.firstIndex(of: $0.name) ?? labels.count }
    labelsByName = Dictionary(
      labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    unknownLabel = labels.count
    methodCount = methods.count
    allowed = ContiguousArray(
      policy.services.flatMap { service in
        zip(methods, service.allowedMethods(in: methods)).map { name, isAllowed in
          isAllowed || Self.openToAll.contains(name)
        }
      })
    gates = ContiguousArray(policy.services.map { $0.rate.map(RateGate.init) })
    permits = ContiguousArray(
      policy.services.enumerated().map { index, service in
        Permit(service: index, keySpace: KeySpace(prefix: prefix, service: service.name))
      })
  }

  private init(copying other: Admission) {
    policy = other.policy
    allowed = ContiguousArray(other.allowed.map { $0 })
    methodCount = other.methodCount
    gates = ContiguousArray(other.gates.map { $0 })
    permits = ContiguousArray(
      other.permits.map { Permit(service: $0.service, keySpace: $0.keySpace.copy()) })
    labels = other.labels.map { $0 }
    labelsByName = other.labelsByName
    unknownLabel = other.unknownLabel
  }

  /// The same admission for another event loop; what counts calls, and so must be one, stays one.
  ///
  /// Every call counts references to what it uses, and two loops that count the same ones take the
  /// memory that the counts are in away from each other each time.
  public func copy() -> Admission { Admission(copying: self) }

  /// What log and metrics know a service by; for none, or one they don't know, an index past theirs.
  public func label(of service: Int?) -> Int {
    guard let service, labels.indices.contains(service) else { return unknownLabel }
    return labels[service]
  }

  /// What log and metrics know a service by that is named by what is stored.
  public func label(named service: String?) -> Int {
    service.flatMap { labelsByName[$0] } ?? unknownLabel
  }

  /// Whether a service may call a method at all, without counting it as a call.
  public func allows(service: Int?, method: Int) -> Bool {
    guard let service, permits.indices.contains(service), (0..<methodCount).contains(method) else {
      return false
    }
    return allowed[service * methodCount + method]
  }

  /// Lets a call in, or refuses it.
  ///
  /// - Parameters:
  ///   - service: the caller's service, nil when the policy names none for it.
  ///   - method: the method's index in the method table.
  ///   - now: nanoseconds of a clock that never goes back.
  /// - Throws: FORBIDDEN, or RATE_LIMITED with the time to wait.
  public func admit(service: Int?, method: Int, now: UInt64) throws(RPCError) -> Permit {
    guard let service, permits.indices.contains(service) else {
      throw RPCError(.forbidden, "the policy names no service for this caller")
    }
    guard allows(service: service, method: method) else {
      throw RPCError(.forbidden, "the service may not call this method")
    }
    if let gate = gates[service], let wait = gate.pass(at: now) {
      throw RPCError(.rateLimited, retryAfterMs: Int64(clamping: 1 + (wait - 1) / 1_000_000))
    }
    return permits[service]
  }
}
