import CloakroomCore
import Testing

@Suite("The policy", .timeLimit(.minutes(1)))
struct PolicyTests {
  static func service(
    _ name: String, _ members: ServicePolicy.Members, _ methods: [String] = ["*"]
  ) throws -> ServicePolicy {
    try #require(ServicePolicy(name: name, members: members, methods: methods.map(Glob.init)))
  }

  static func policy() throws -> Policy {
    try #require(
      Policy(services: [
        service("billing", .init(userIDs: [100])),
        service("web", .init(userIDs: [100, 101], groupIDs: [33])),
        service("ops", .init(groupIDs: [0, 44])),
      ]))
  }

  @Test(
    "gives a peer the first service that it may be, and lists them all",
    arguments: [
      (100, 1, [], [0, 1]), (101, 1, [], [1]), (5, 33, [], [1]), (5, 6, [44, 33], [1, 2]),
      (0, 0, [], [2]), (5, 6, [7], []), (33, 100, [], []),
    ] as [(UInt32, UInt32, [UInt32], [Int])])
  func matching(uid: UInt32, gid: UInt32, groups: [UInt32], services: [Int]) throws {
    let peer = Peer(uid: uid, gid: gid, pid: 1)
    let policy = try Self.policy()
    #expect(policy.services(for: peer, groups: groups) == services)
    #expect(policy.service(for: peer, groups: groups) == services.first)
  }

  @Test("lets a peer pick a service by name only when it may be that service")
  func picking() throws {
    let policy = try Self.policy()
    let peer = Peer(uid: 100, gid: 1, pid: 1)
    #expect(policy.service(named: "web", for: peer) == 1)
    #expect(policy.service(named: "ops", for: peer) == nil)
    #expect(policy.service(named: "ops", for: peer, groups: [44]) == 2)
    #expect(policy.service(named: "none", for: peer) == nil)
    #expect(policy.service(named: "Web", for: peer) == nil)
    // The Kelvin sign, which is equal to a K to Unicode alone.
    let kilo = try #require(Policy(services: [Self.service("K", .init(everyone: true))]))
    #expect(kilo.service(named: "K", for: peer) == 0)
    #expect(kilo.service(named: "\u{212A}", for: peer) == nil)
  }

  @Test("of no configuration lets everybody call everything as the service default")
  func open() {
    let peer = Peer(uid: 12_345, gid: 54_321, pid: 1)
    #expect(Policy.open.service(for: peer) == 0)
    #expect(Policy.open.services.map(\.name) == ["default"])
    #expect(Policy.open.services[0].allowedMethods(in: ["kv.get", "x"]) == [true, true])
    #expect(Policy.open.services[0].rate == nil)
  }

  @Test("works out which methods a service may call, by their order")
  func methods() throws {
    let service = try Self.service("a", .init(everyone: true), ["kv.*", "system.ping"])
    let names = ["kv.get", "batch.get", "system.ping", "system.health", "kvx.get"]
    #expect(service.allowedMethods(in: names) == [true, false, true, false, false])
  }

  @Test("needs a service, and a name for each of its own")
  func construction() throws {
    #expect(Policy(services: []) == nil)
    let twin = try Self.service("a", .init())
    #expect(Policy(services: [twin, twin]) == nil)
  }

  @Test("takes plain names only", arguments: [("billing", true), ("a:b", false), ("", false)])
  func names(text: String, valid: Bool) {
    #expect((ServicePolicy(name: text, members: .init(), methods: []) != nil) == valid)
  }

  @Test("takes a second's worth as the burst when none is given")
  func rate() {
    #expect(ServicePolicy.Rate(perSecond: 500).burst == 500)
    #expect(ServicePolicy.Rate(perSecond: 500, burst: 100).burst == 100)
    #expect(ServicePolicy.Rate(perSecond: 0, burst: -1) == .init(perSecond: 1, burst: 1))
  }
}
