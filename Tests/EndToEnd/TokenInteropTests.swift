import Glibc
import Support
import Testing

@Suite("Tokens and other libraries", .timeLimit(.minutes(2)))
struct TokenInteropTests {
  private static let algorithms = [
    "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512", "PS256", "RS256",
  ]

  @Test("PyJWT and joserfc read what the sidecar signs and seals, and the other way round")
  func python() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    // Tests/run makes it.
    let interpreter = "/\(root)/.build/python/bin/python3"
    try #require(access(interpreter, X_OK) == 0, "Tests/run installs PyJWT and joserfc")
    let keys = try TokenKeys(Self.algorithms + ["A256GCM"])
    let daemon = try Daemon(["--keys", keys.path])
    let run = try Tool.run(
      [
        interpreter, "-I", "-W", "ignore", "/\(root)/Tests/Interop/tokens.py", daemon.socketPath,
        keys.path,
      ],
      within: .seconds(60))
    #expect(run.exit == .status(0), "\(run.output)")
    #expect(run.output == Self.algorithms.map { "\($0) agrees\n" }.joined())
  }
}
