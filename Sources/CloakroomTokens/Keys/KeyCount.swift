/// How many keys of one algorithm are in one state.
public struct KeyCount: Sendable, Equatable {
  /// What they may be used for.
  public let state: KeyState
  /// What they are for.
  public let algorithm: KeyAlgorithm
  /// How many there are; 0 where all keys of the algorithm are in other states.
  public let count: Int

  /// The counts of some keys: of each algorithm that one of them has, every state.
  static func of(_ keys: [TokenKey]) -> [KeyCount] {
    KeyAlgorithm.allCases.flatMap { algorithm in
      let some = keys.filter { $0.algorithm == algorithm }
      guard !some.isEmpty else { return [KeyCount]() }
      return KeyState.allCases.map { state in
        KeyCount(
          state: state, algorithm: algorithm, count: some.count { $0.state == state })
      }
    }
  }
}
