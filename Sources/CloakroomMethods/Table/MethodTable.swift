public import CloakroomWire

/// All methods there are, found by their names.
public struct MethodTable: Sendable {
  /// The methods, sorted by name; a method's index is its label in metrics and permits.
  public let methods: [Method]
  /// Their names, in the same order.
  public let names: [String]
  /// The same names, for comparing them with bytes.
  private let staticNames: [StaticString]
  /// For each bucket the first method in it, or none.
  private let first: [Int16]
  /// For each method the next one in its bucket, or none.
  private let next: [Int16]

  private static let bucketCount = 64
  private static let none: Int16 = -1

  /// Every method of the sidecar.
  public static let standard = MethodTable(
    BatchMethods.all + ClaimMethods.all + CounterMethods.all + DevMethods.all + EventMethods.all
      + KeyValueMethods.all + PendingMethods.all + StreamMethods.all + SystemMethods.all
      + TokenMethods.all)

  init(_ methods: [Method]) {
    self.methods = methods.sorted { $0.name < $1.name }
    names = self.methods.map(\.name)
    staticNames = self.methods.map(\.staticName)
    var first = [Int16](repeating: Self.none, count: Self.bucketCount)
    var next = [Int16](repeating: Self.none, count: methods.count)
    for (index, name) in names.enumerated() {
      let bucket = Self.bucket(of: name.utf8.span.bytes)
      next[index] = first[bucket]
      first[bucket] = Int16(clamping: index)
    }
    self.first = first
    self.next = next
  }

  /// The same table in memory of its own, for another event loop: every call counts references to
  /// what it uses, and two loops that count the same ones take the memory that the counts are in away
  /// from each other each time.
  public func copy() -> MethodTable { MethodTable(methods.map { $0.copy() }) }

  /// A method's index.
  ///
  /// - Parameters:
  ///   - name: where the method's name stands, without its quotes.
  ///   - hasEscapes: whether it has a backslash in it, and must be decoded first.
  ///   - text: the text that it stands in.
  public func index(of name: ByteRange, hasEscapes: Bool = false, in text: RawSpan) -> Int? {
    guard name.end <= text.byteCount else { return nil }
    if hasEscapes { return index(decoding: name, in: text) }
    var index = first[Self.bucket(of: text.extracting(name.offsets))]
    while index != Self.none {
      if name.holds(staticNames[Int(index)], in: text) { return Int(index) }
      index = next[Int(index)]
    }
    return nil
  }

  private func index(decoding name: ByteRange, in text: RawSpan) -> Int? {
    var decoded: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(text, name, into: &decoded)
    } catch {
      // What was decoded before the fault may be a method's name, but this is not.
      return nil
    }
    return index(of: ByteRange(0..<decoded.count), in: decoded.span.bytes)
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
