import CloakroomCore
import CloakroomStore
import CloakroomWire
import NIOCore
import Testing

@testable import CloakroomMethods
@testable import CloakroomTokens

/// Tokens that somebody else has signed, who has the keys and leaves out what he doesn't know.
@Suite("A token that carries an operation", .timeLimit(.minutes(1)))
struct PendingTokenTests {
  /// A member of the claims, and whether the token may be used once only.
  static let members: [(member: String, isOneTime: Bool)] = [
    ("", true), (#","oneTime":true"#, true), (#","oneTime":false"#, false),
    (#","oneTime":null"#, true), (#","oneTime":"false""#, true), (#","oneTime":0"#, true),
  ]

  @Test("is good for one time unless it says that it isn't", arguments: members)
  func oneTime(member: String, isOneTime: Bool) throws {
    let caller = Caller()
    let settings = try caller.settings()
    var arguments = Arguments(settings: settings, depthLimit: 128)
    let method = try #require(caller.table.names.firstIndex(of: "pending.verify"))
    let request = ByteBuffer(
      string:
        #"{"jsonrpc":"2.0","id":1,"method":"pending.verify","params":{"token":"-","operationType":"form"}}"#
    )
    try arguments.scanner.scan(request.readableBytesSpan)
    let admission = Admission(
      policy: .open, prefix: "p", methods: caller.table.names, labels: ["default"])
    let identity = admission.identity(of: Peer(uid: 1, gid: 1, pid: 1))
    let permit = try admission.admit(identity, method: method, now: 0)
    try arguments.begin(caller.table.methods[method], request: request, permit: permit)
    let signer = PendingSigner(tokens: settings.tokens, names: try PendingNames(&arguments))
    arguments.end()
    let now = Timestamp.now.milliseconds
    let tenant = try signer.names.tenant
    let own = #"{"operationType":"form","tenant":"\#(tenant)","data":1\#(member)}"#
    let token = try settings.tokens.ring.sign(
      TokenClaims(
        own: ByteBuffer(string: own), purpose: PendingSigner.purpose,
        idPrefix: PendingToken.idPrefix, issuedAtMs: now, expiresAtMs: now + 60_000))
    guard case .known(let target) = try signer.place(token.text, type: "form", note: { _ in })
    else {
      Issue.record("the token is not read at once")
      return
    }
    #expect(target.carried?.isOneTime == isOneTime)
  }
}
