/// A kind of store that the contract is held against.
public struct ContractStore: Sendable, CustomStringConvertible {
  /// The store's name, as it stands in the names of tests.
  public let description: String

  private let open: @Sendable () async throws -> StoreHarness

  /// Describes a kind of store.
  ///
  /// - Parameter open: makes a link to a store; keys need not be gone, a harness has its own.
  public init(_ name: String, open: @escaping @Sendable () async throws -> StoreHarness) {
    description = name
    self.open = open
  }

  /// Lends a link to the store, and lets it go however the body ends.
  public func run(_ body: (StoreHarness) async throws -> Void) async throws {
    let harness = try await open()
    do {
      try await body(harness)
    } catch {
      try await harness.close()
      throw error
    }
    try await harness.close()
  }
}
