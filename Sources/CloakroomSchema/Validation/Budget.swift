/// The steps that a validation has left.
struct Budget {
  private(set) var steps: Int

  /// Takes steps away; throws once there are none.
  @inline(__always)
  mutating func spend(_ count: Int) throws(SchemaFault) {
    steps -= count
    guard steps >= 0 else { throw .exceeds(.steps) }
  }
}
