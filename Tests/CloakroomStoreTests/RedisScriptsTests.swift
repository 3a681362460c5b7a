import CloakroomRedis
import Support
import Testing

@testable import CloakroomStore

@Suite("The scripts of the store")
struct RedisScriptsTests {
  @Test("have the digests that Redis itself gives them")
  func digests() throws {
    let server = try RedisServer()
    #expect(!RedisScripts.all.isEmpty)
    #expect(Set(RedisScripts.all).count == RedisScripts.all.count)
    for script in RedisScripts.all {
      #expect(script.digest.utf8.count == 40)
      #expect(try server.command(["SCRIPT", "LOAD", script.source]) == script.digest)
    }
  }

  @Test("touch one key each, but for a stream and its dead letters, and never take a value apart")
  func restraint() {
    for script in RedisScripts.all {
      #expect(!script.source.contains("cjson"))
      #expect(
        !script.source.contains("KEYS[2]") || script == RedisScripts.streamReclaim, "\(script)")
    }
  }
}
