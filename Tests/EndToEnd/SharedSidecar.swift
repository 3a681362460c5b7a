internal import Support
internal import Testing

/// One sidecar for all tests of a suite, so that not every case starts a process.
///
/// At the end it is asked to stop and has to do so with status 0, whatever the tests have sent it.
struct SharedSidecar: SuiteTrait, TestScoping {
  /// The suite's sidecar.
  @TaskLocal static var current: Daemon?

  let options: [String]

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let sidecar = try Daemon(options)
    try await Self.$current.withValue(sidecar) { try await function() }
    #expect(sidecar.stop() == .status(0), "\(sidecar.output)")
  }

  /// A new connection to the suite's sidecar.
  static func client() throws -> LineClient { try #require(current).client() }
}

extension Trait where Self == SharedSidecar {
  /// Runs the suite's tests on one sidecar.
  ///
  /// - Parameter options: what its command line has beside the socket.
  static func sharedSidecar(_ options: String...) -> Self { Self(options: options) }
}
