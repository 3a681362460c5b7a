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
  /// Where the calls of one service are let in. A class, as looking at a structure of three
  /// references counts each of them up and down, for every call.
  private final class Desk: Sendable {
    let allowed: [Bool]
    let gate: RateGate?
    let permit: Permit

    init(allowed: [Bool], gate: RateGate?, permit: Permit) {
      self.allowed = allowed
      self.gate = gate
      self.permit = permit
    }

    func copy() -> Desk {
      Desk(
        allowed: allowed.map { $0 }, gate: gate,
        permit: Permit(service: permit.service, keySpace: permit.keySpace.copy()))
    }
  }

  /// What every service may call: without these a caller can't even find out who it is.
  private static let openToAll: Set<String> = ["system.hello", "system.ping"]

  /// The policy that is applied.
  public let policy: Policy
  private let desks: [Desk]
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
    desks = policy.services.enumerated().map { index, service in
      Desk(
        allowed: zip(methods, service.allowedMethods(in: methods)).map { name, isAllowed in
          isAllowed || Self.openToAll.contains(name)
        },
        gate: service.rate.map(RateGate.init),
        permit: Permit(
          service: index, keySpace: KeySpace(prefix: prefix, service: service.name)))
    }
  }

  private init(
    policy: Policy, desks: [Desk], labels: [Int], labelsByName: [String: Int], unknownLabel: Int
  ) {
    self.policy = policy
    self.desks = desks
    self.labels = labels
    self.labelsByName = labelsByName
    self.unknownLabel = unknownLabel
  }

  /// The same admission for another event loop; what counts calls, and so must be one, stays one.
  ///
  /// Every call counts references to what it uses, and two loops that count the same ones take the
  /// memory that the counts are in away from each other each time.
  public func copy() -> Admission {
    Admission(
      policy: policy, desks: desks.map { $0.copy() }, labels: labels.map { $0 },
      labelsByName: labelsByName, unknownLabel: unknownLabel)
  }

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
    guard let service, desks.indices.contains(service) else { return false }
    let allowed = desks[service].allowed
    return allowed.indices.contains(method) && allowed[method]
  }

  /// Lets a call in, or refuses it.
  ///
  /// - Parameters:
  ///   - service: the caller's service, nil when the policy names none for it.
  ///   - method: the method's index in the method table.
  ///   - now: nanoseconds of a clock that never goes back.
  /// - Throws: FORBIDDEN, or RATE_LIMITED with the time to wait.
  public func admit(service: Int?, method: Int, now: UInt64) throws(RPCError) -> Permit {
    guard let service, desks.indices.contains(service) else {
      throw RPCError(.forbidden, "the policy names no service for this caller")
    }
    let desk = desks[service]
    guard desk.allowed.indices.contains(method), desk.allowed[method] else {
      throw RPCError(.forbidden, "the service may not call this method")
    }
    if let gate = desk.gate, let wait = gate.pass(at: now) {
      throw RPCError(.rateLimited, retryAfterMs: Int64(clamping: 1 + (wait - 1) / 1_000_000))
    }
    return desk.permit
  }
}
