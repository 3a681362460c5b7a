public import CloakroomWire

/// All methods there are, found by their names.
public struct MethodTable: Sendable {
  /// The methods, sorted by name; a method's index is its label in metrics and permits.
  public let methods: [Method]
  /// Their names, in the same order.
  public let names: [String]
  /// The methods' indexes, by a cheap hash of their names.
  private let buckets: [[Int]]

  /// Every method of the sidecar.
  public static let standard = MethodTable(
    BatchMethods.all + CounterMethods.all + KeyValueMethods.all + SystemMethods.all)

  init(_ methods: [Method]) {
    self.methods = methods.sorted { $0.name < $1.name }
    names = self.methods.map(\.name)
    var buckets = [[Int]](repeating: [], count: Self.bucketCount)
    for (index, method) in self.methods.enumerated() {
      buckets[Self.bucket(of: method.name.utf8.span.bytes)].append(index)
    }
    self.buckets = buckets
  }

  private static let bucketCount = 64

  /// A method's index.
  ///
  /// - Parameters:
  ///   - name: where the method's name stands, without its quotes and without escapes.
  ///   - text: the text that it stands in.
  public func index(of name: ByteRange, in text: RawSpan) -> Int? {
    guard name.end <= text.byteCount else { return nil }
    let bucket = Self.bucket(of: text.extracting(name.offsets))
    for index in buckets[bucket] where name.holds(methods[index].staticName, in: text) {
      return index
    }
    return nil
  }

  /// Length, the first letter behind a namespace of two letters, and the last: enough to keep the
  /// buckets short.
  private static func bucket(of name: RawSpan) -> Int {
    let count = name.byteCount
    guard count > 4 else { return count }
    let middle = Int(name.unsafeLoad(fromByteOffset: 3, as: UInt8.self))
    let last = Int(name.unsafeLoad(fromByteOffset: count - 1, as: UInt8.self))
    return (count &* 7 &+ middle &* 3 &+ last) % bucketCount
  }
}
