import Testing

@testable import CloakroomMethods

@Suite("Addresses that calls come from", .timeLimit(.minutes(1)))
struct NetworkAddressTests {
  @Test(
    "are the same however they are written",
    arguments: [
      ("203.0.113.7", "::ffff:203.0.113.7", true), ("2001:db8::1", "2001:DB8:0:0::1", true),
      ("fe80::1%eth0", "fe80::1", true), ("203.0.113.7", "203.0.113.8", false),
      ("2001:db8::1", "2001:db8::2", false), ("unknown", "unknown", true),
      ("unknown", "other", false),
    ])
  func spelling(left: String, right: String, isSame: Bool) {
    #expect((NetworkAddress(left).text == NetworkAddress(right).text) == isSame)
  }

  @Test(
    "are limited as one where one has them all: an address of IPv4, 64 bits of IPv6",
    arguments: [
      ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
      ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
      ("203.0.113.7", "::ffff:203.0.113.7", true), ("203.0.113.7", "203.0.113.8", false),
      ("a", "b", false),
    ])
  func networks(left: String, right: String, isSame: Bool) {
    #expect((NetworkAddress(left).network == NetworkAddress(right).network) == isSame)
    #expect(!NetworkAddress(left).network.contains(":"))
    #expect(NetworkAddress(left).network.utf8.count <= 40)
  }
}
