internal import CloakroomStore

/// All stores that the contract is held against.
public enum ContractStores {
  /// The store in memory, with a clock of the test's own.
  public static let memory = ContractStore("memory") { links in
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 28, clock: clock.storeClock)
    var harnesses: [StoreHarness] = []
    for _ in 0..<links {
      let harness = try await StoreHarness(
        slackMs: 0, passTime: { clock.advance(by: $0) },
        makeLink: { _, sink in MemoryStoreLink(store: store, sink: sink) })
      harnesses.append(harness)
    }
    return harnesses
  }

  /// Every store.
  public static let all = [memory]

  /// The stores whose clock moves only when a test moves it: what happens in one certain
  /// millisecond can be asked of them alone.
  public static let withInjectedClock = [memory]
}
