import CloakroomCore
import CloakroomTokens
import Testing

@testable import CloakroomMethods

@Suite("The life of a revocation", .timeLimit(.minutes(1)))
struct RevocationLifeTests {
  /// How far clocks may be apart, and for how long a token is taken after its end, in milliseconds.
  static let leeways: [(leeway: Int64?, expiry: Int64?)] = [
    (nil, nil), (5000, nil), (nil, 600_000), (5000, 600_000), (1, 1),
  ]

  private static func service(_ leeway: Int64?, _ expiry: Int64?) throws -> TokenService {
    var options = Configuration.Tokens()
    options.leeway = leeway.map { .milliseconds($0) }
    options.expiryLeeway = expiry.map { .milliseconds($0) }
    return TokenService(try KeyRing.random(), options: options)
  }

  @Test("reaches as far as any sidecar may take the token", arguments: leeways)
  func reach(leeway: Int64?, expiry: Int64?) throws {
    let service = try Self.service(leeway, expiry)
    let slack = (leeway ?? 0) + (expiry ?? 0)
    for rest in [1, 1000, 1_800_000] as [Int64] {
      let before = Timestamp.now.milliseconds
      let end = before + 60_000 + rest
      let life = try #require(try service.revocationLife(untilMs: end)).milliseconds
      let after = Timestamp.now.milliseconds
      #expect(before + life <= end + slack && after + life >= end + slack)
    }
  }

  @Test("is none once no sidecar takes the token any more, and not before", arguments: leeways)
  func over(leeway: Int64?, expiry: Int64?) throws {
    let service = try Self.service(leeway, expiry)
    let slack = (leeway ?? 0) + (expiry ?? 0)
    #expect(try service.revocationLife(untilMs: Timestamp.now.milliseconds - slack) == nil)
    let end = Timestamp.now.milliseconds - slack + 60_000
    #expect(try service.revocationLife(untilMs: end) != nil)
    let error = #expect(throws: RPCError.self) { try service.revocationLife(untilMs: .max) }
    #expect(error?.reason == .ttlInvalid)
  }
}
