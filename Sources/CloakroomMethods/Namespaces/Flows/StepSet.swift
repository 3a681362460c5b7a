/// A set of a flow's steps, by their index, in one word.
struct StepSet: Sendable, Hashable, SetAlgebra {
  private var bits: UInt64

  init() { bits = 0 }

  private init(bits: UInt64) { self.bits = bits }

  /// The steps in the flow's order.
  var indices: [Int] { (0..<Flow.mostSteps).filter(contains) }

  var isEmpty: Bool { bits == 0 }

  func contains(_ step: Int) -> Bool { bits & Self.bit(step) != 0 }

  @discardableResult
  mutating func insert(_ step: Int) -> (inserted: Bool, memberAfterInsert: Int) {
    let isNew = !contains(step)
    bits |= Self.bit(step)
    return (isNew, step)
  }

  @discardableResult
  mutating func remove(_ step: Int) -> Int? {
    guard contains(step) else { return nil }
    bits &= ~Self.bit(step)
    return step
  }

  @discardableResult
  mutating func update(with step: Int) -> Int? { insert(step).inserted ? nil : step }

  func union(_ other: Self) -> Self { Self(bits: bits | other.bits) }
  func intersection(_ other: Self) -> Self { Self(bits: bits & other.bits) }
  func symmetricDifference(_ other: Self) -> Self { Self(bits: bits ^ other.bits) }
  mutating func formUnion(_ other: Self) { bits |= other.bits }
  mutating func formIntersection(_ other: Self) { bits &= other.bits }
  mutating func formSymmetricDifference(_ other: Self) { bits ^= other.bits }

  /// No bit at all for what is no step of a flow.
  private static func bit(_ step: Int) -> UInt64 {
    (0..<Flow.mostSteps).contains(step) ? 1 << UInt64(step) : 0
  }
}
