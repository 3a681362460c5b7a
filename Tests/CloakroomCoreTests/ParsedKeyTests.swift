import CloakroomCore
import NIOCore
import Testing

@Suite("A name in the store", .timeLimit(.minutes(1)))
struct ParsedKeyTests {
  private static let scopes: [[ScopeStep]] = [
    [], [ScopeStep(key: "tenant", id: "t1")],
    [ScopeStep(key: "tenant", id: "a:b{c}%"), ScopeStep(key: "pending ", id: "kv")],
    [ScopeStep(key: "ümlaut:%", id: "kv"), ScopeStep(key: "%zz", id: "pending")],
  ]

  @Test("is taken apart as it was put together", arguments: scopes)
  func parts(scope: [ScopeStep]) throws {
    for prefix in ["cloakroom", "igniter:store"] {
      for key in ["", "user:123", "kv:pending:x", "%3A"] {
        var name = ByteBuffer()
        try KeySpace(prefix: prefix, service: "shop").write(
          .pending, scope: scope, key: key.utf8Span.span.bytes, into: &name)
        let parts = try #require(ParsedKey(name, prefix: prefix))
        #expect(parts.service == "shop" && parts.scope == scope.map(\.key))
        #expect(parts.namespace == .pending && parts.key == Array(key.utf8))
      }
    }
  }

  @Test(
    "is not one that the key space makes",
    arguments: [
      "", "cloakroom", "cloakroom:", "cloakroom:shop", "cloakroom:shop:pending",
      "cloakroom:shop:tenant:pending:a", "cloakroom2:shop:pending:a", "other:shop:pending:a",
      "cloakroom:$deadlines:pending",
      "cloakroom:shop:" + String(repeating: "k:i:", count: 9) + "pending:a",
    ])
  func none(text: String) {
    #expect(ParsedKey(ByteBuffer(string: text), prefix: "cloakroom") == nil)
  }
}
