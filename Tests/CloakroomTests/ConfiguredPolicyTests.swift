import CloakroomCore
import Testing

@Suite("The configured policy", .timeLimit(.minutes(1)))
struct ConfiguredPolicyTests {
  @Test("finds users and groups by name, with the groups' members, in the file's order")
  func services() throws {
    let file = try TemporaryFile(
      #"""
      {"services": {
        "//": "first match wins",
        "web": {"groups": ["www"], "methods": ["kv.*", "batch.get"], "rate": 500, "burst": 100},
        "billing": {"users": ["billing"], "uids": [7], "gids": [44]},
        "any.one": {"users": ["*"], "methods": ["system.ping"], "rate": 10}
      }}
      """#)
    let policy = try Load.configuration(file: file.path).policy
    let wanted = [
      ServicePolicy(
        name: "web", members: .init(userIDs: [100, 101], groupIDs: [33]),
        methods: [Glob("kv.*"), Glob("batch.get")], rate: .init(perSecond: 500, burst: 100)),
      ServicePolicy(
        name: "billing", members: .init(userIDs: [100, 7, 200], groupIDs: [44]),
        methods: [Glob("*")]),
      ServicePolicy(
        name: "any.one", members: .init(everyone: true), methods: [Glob("system.ping")],
        rate: .init(perSecond: 10)),
    ]
    #expect(policy.services == wanted.compactMap { $0 })
    #expect(policy.services(for: Peer(uid: 100, gid: 1, pid: 1)) == [0, 1, 2])
    #expect(policy.services(for: Peer(uid: 9, gid: 44, pid: 1)) == [1, 2])
  }

  @Test(
    "is open without services", arguments: ["{}", #"{"services": {}}"#, #"{"services": null}"#])
  func open(text: String) throws {
    let file = try TemporaryFile(text)
    #expect(try Load.configuration(file: file.path).policy == .open)
  }

  @Test(
    "is refused with the place of what is wrong",
    arguments: [
      (#"5"#, "services: has to be an object of services"),
      (#"{"a": 5}"#, "services.a: has to be an object"),
      (#"{"a": {}}"#, "services.a: is for nobody"),
      (#"{"a": {"users": []}}"#, "services.a: is for nobody"),
      (#"{"a": {"users": "root"}}"#, "services.a.users: has to be a list of names"),
      (#"{"a": {"users": ["root", 1]}}"#, "services.a.users: has to be a list of names"),
      (#"{"a": {"users": ["*", "ghost"]}}"#, #"services.a.users[1]: "ghost" is no user"#),
      (#"{"a": {"groups": ["ghost"]}}"#, #"services.a.groups[0]: "ghost" is no group"#),
      (#"{"a": {"uids": [-1]}}"#, "services.a.uids: has to be a list of ids"),
      (#"{"a": {"gids": [4294967295]}}"#, "services.a.gids: has to be a list of ids"),
      (#"{"a": {"uids": [1], "methods": []}}"#, "services.a.methods: allows nothing"),
      (#"{"a": {"uids": [1], "methods": ["kv.gte"]}}"#, "matches no method (did you mean kv.get?)"),
      (#"{"a": {"uids": [1], "rate": 0}}"#, "services.a.rate: has to be a whole number"),
      (#"{"a": {"uids": [1], "rate": 1.5}}"#, "services.a.rate: has to be a whole number"),
      (#"{"a": {"uids": [1], "burst": 5}}"#, "services.a.burst: means nothing without a rate"),
      (#"{"a:b": {"uids": [1]}}"#, "services.a:b: is no name for a service"),
    ])
  func refused(services: String, message: String) throws {
    let file = try TemporaryFile(#"{"services": \#(services)}"#)
    let faults = Load.faults(file: file.path).map(\.description)
    #expect(faults.count == 1)
    #expect(faults.first?.contains(message) == true, "\(faults)")
  }
}
