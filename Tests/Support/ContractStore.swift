/// A kind of store that the contract is held against.
public struct ContractStore: Sendable, CustomStringConvertible {
  /// The store's name, as it stands in the names of tests.
  public let description: String

  private let open: @Sendable (_ links: Int) async throws -> [StoreHarness]

  /// Describes a kind of store.
  ///
  /// - Parameter open: makes as many links as it is asked for, all to one store; the store need not
  ///   be empty, for a harness has keys of its own.
  public init(
    _ name: String, open: @escaping @Sendable (_ links: Int) async throws -> [StoreHarness]
  ) {
    description = name
    self.open = open
  }

  /// Lends a link to the store, and lets it go however the body ends.
  public func run(_ body: (StoreHarness) async throws -> Void) async throws {
    try await run(links: 1) { harnesses in
      for harness in harnesses { try await body(harness) }
    }
  }

  /// Lends several links to one store, and lets them go however the body ends.
  public func run(links: Int, _ body: ([StoreHarness]) async throws -> Void) async throws {
    let harnesses = try await open(links)
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await body(harnesses))
    } catch {
      outcome = .failure(error)
    }
    for harness in harnesses { try await harness.close() }
    try outcome.get()
  }
}
