import CloakroomCore
import NIOCore
import Testing

@Suite("Admission", .timeLimit(.minutes(1)))
struct AdmissionTests {
  static let methods = [
    "batch.get", "kv.get", "kv.set", "system.health", "system.hello", "system.ping",
  ]

  static func service(
    _ name: String, _ methods: [String] = ["*"], rate: ServicePolicy.Rate? = nil
  ) throws -> ServicePolicy {
    try #require(
      ServicePolicy(
        name: name, members: .init(everyone: true), methods: methods.map(Glob.init), rate: rate))
  }

  static func admission(_ services: [ServicePolicy], labels: [String]? = nil) throws -> Admission {
    let policy = try #require(Policy(services: services))
    return Admission(
      policy: policy, prefix: "p", methods: methods, labels: labels ?? services.map(\.name))
  }

  /// The names of the methods that a service may call.
  static func admitted(_ admission: Admission, _ service: Int?) -> [String] {
    methods.indices.filter { refusal(admission, service, $0) == nil }.map { methods[$0] }
  }

  static func refusal(
    _ admission: Admission, _ service: Int?, _ method: Int = 0, now: UInt64 = 0
  ) -> RPCError? {
    do throws(RPCError) {
      _ = try admission.admit(identity(admission, service), method: method, now: now)
      return nil
    } catch {
      return error
    }
  }

  /// A service of the policy by its index; nil where it has none.
  static func identity(_ admission: Admission, _ service: Int?) -> ServiceIdentity? {
    let services = admission.policy.services
    guard let service, services.indices.contains(service) else { return nil }
    return admission.identity(of: peer, named: services[service].name)
  }

  static let peer = Peer(uid: 1, gid: 1, pid: 1)

  @Test(
    "lets a service call what one of its globs fits, and the methods that are open to all",
    arguments: [
      (["*"], methods), ([], ["system.hello", "system.ping"]),
      (["kv.*"], ["kv.get", "kv.set", "system.hello", "system.ping"]),
      (["*.get"], ["batch.get", "kv.get", "system.hello", "system.ping"]),
      (["kv.set", "*.health"], ["kv.set", "system.health", "system.hello", "system.ping"]),
      (["KV.*", "kv", "get"], ["system.hello", "system.ping"]),
    ] as [([String], [String])])
  func globs(patterns: [String], expected: [String]) throws {
    let admission = try Self.admission([Self.service("a", patterns)])
    #expect(Self.admitted(admission, 0) == expected)
  }

  @Test("holds each service to its own globs, and takes the first that a peer may be")
  func precedence() throws {
    let admission = try Self.admission([Self.service("a", ["kv.get"]), Self.service("b")])
    #expect(admission.identity(of: Self.peer)?.index == 0)
    #expect(Self.admitted(admission, 0) == ["kv.get", "system.hello", "system.ping"])
    #expect(Self.admitted(admission, 1) == Self.methods)
  }

  @Test("refuses everything, what is open to all too, to nobody's service and to no method")
  func nobody() throws {
    let admission = try Self.admission([Self.service("a")])
    for service in [nil, 1, -1, Int.max] {
      for method in Self.methods.indices {
        #expect(Self.refusal(admission, service, method)?.reason == .forbidden)
      }
    }
    for method in [-1, Self.methods.count, Int.max, Int.min] {
      #expect(Self.refusal(admission, 0, method)?.reason == .forbidden)
    }
  }

  @Test("gives out permits that name the values of the caller's own service")
  func permits() throws {
    let admission = try Self.admission([Self.service("a"), Self.service("b")])
    for (index, name) in ["a", "b"].enumerated() {
      let identity = try #require(Self.identity(admission, index))
      #expect(identity.index == index && identity.name == name)
      #expect(try Self.key(admission, identity) == "p:\(name):kv:k")
    }
  }

  private static func key(_ admission: Admission, _ identity: ServiceIdentity) throws -> String {
    let permit = try admission.admit(identity, method: 0, now: 0)
    var key = ByteBuffer()
    try permit.keySpace.write(.kv, scope: [], key: "k".utf8.span.bytes, into: &key)
    return String(buffer: key)
  }

  @Test("lets everybody be a service of any valid name without a policy, and counts them as one")
  func open() throws {
    let admission = Admission(
      policy: .open, prefix: "p", methods: Self.methods, labels: ["default"])
    for loop in [admission, admission.copy()] {
      for name in ["my-api", "default", "a", String(repeating: "x", count: 64)] {
        let identity = try #require(loop.identity(of: Self.peer, named: name))
        #expect(identity.name == name)
        #expect(try Self.key(loop, identity) == "p:\(name):kv:k")
        #expect(loop.label(of: identity.index) == 0 && loop.label(named: name) == 0)
      }
      for name in ["", "a:b", "a b", "caf\u{e9}", "$deadlines", String(repeating: "x", count: 65)] {
        #expect(loop.identity(of: Self.peer, named: name) == nil, "\(name)")
      }
      #expect(try Self.key(loop, try #require(loop.identity(of: Self.peer))) == "p:default:kv:k")
    }
  }

  @Test("knows services by the labels that log and metrics began with")
  func labels() throws {
    let admission = try Self.admission(
      [Self.service("new"), Self.service("b"), Self.service("a")], labels: ["a", "b", "gone"])
    #expect([0, 1, 2].map(admission.label(of:)) == [3, 1, 0])
    #expect([nil, 3, -1].map { admission.label(of: $0) } == [3, 3, 3])
  }

  @Test("says how long to wait, in milliseconds rounded up, and that is long enough")
  func wait() throws {
    for perSecond in [1, 3, 7, 999, 1000, 1001, 1_000_000_000] {
      let rate = ServicePolicy.Rate(perSecond: perSecond, burst: 1)
      let admission = try Self.admission([Self.service("a", rate: rate)])
      #expect(Self.refusal(admission, 0, now: 5) == nil)
      let error = try #require(Self.refusal(admission, 0, now: 5))
      #expect(error.reason == .rateLimited)
      let wait = try #require(error.retryAfterMs)
      #expect(wait >= 1)
      #expect(wait == (999 + Int64(perSecond)) / Int64(perSecond))
      #expect(Self.refusal(admission, 0, now: 5 + UInt64(wait) * 1_000_000) == nil)
    }
  }

  @Test("charges a service for no call that it refuses, and for no other service's")
  func charges() throws {
    let rate = ServicePolicy.Rate(perSecond: 1, burst: 2)
    let admission = try Self.admission([
      Self.service("a", ["kv.get"], rate: rate), Self.service("b", rate: rate), Self.service("c"),
    ])
    for _ in 0..<100 { #expect(Self.refusal(admission, 0, 0)?.reason == .forbidden) }
    #expect([1, 1, 1].map { Self.refusal(admission, 0, $0) == nil } == [true, true, false])
    for _ in 0..<100 { #expect(Self.refusal(admission, 0, 1)?.reason == .rateLimited) }
    #expect([1, 1, 1].map { Self.refusal(admission, 1, $0) == nil } == [true, true, false])
    for _ in 0..<100 { #expect(Self.refusal(admission, 2, 1) == nil) }
    #expect(Self.refusal(admission, 0, 1, now: 1_000_000_000) == nil)
  }
}
