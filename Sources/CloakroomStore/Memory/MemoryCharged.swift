/// What takes up memory that a budget has been charged for.
protocol MemoryCharged: Sendable {
  /// The bytes that are to be given back when it goes, beside those of its key.
  var cost: Int { get }
}
