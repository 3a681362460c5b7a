import Cloakroom
import CloakroomCore
import Testing

@Suite("The example configuration", .timeLimit(.minutes(1)))
struct ExampleConfigurationTests {
  @Test("has no fault on a system with the users that it names")
  func loads() throws {
    var loader = ConfigurationLoader()
    loader.accounts = Accounts(
      userID: { ["www-data": 33][$0] },
      group: { $0 == "cloakroom-clients" ? Accounts.Group(id: 980, members: []) : nil },
      groupOfID: { _ in nil })
    let path = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let found = try loader.load(environment: [:], file: path + "/systemd/cloakroom.json")
    #expect(found.socket.path == "/run/cloakroom/cloakroom.sock")
    #expect(found.socket.groupID == 980)
    #expect(found.policy.services.map(\.name) == ["operator", "web", "default"])
    #expect(found.policy.service(for: Peer(uid: 33, gid: 33, pid: 1)) == 1)
    #expect(found.policy.service(for: Peer(uid: 1000, gid: 1000, pid: 1)) == 2)
  }
}
