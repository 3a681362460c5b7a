public import CloakroomWire

/// All methods there are, found by their names.
public struct MethodTable: Sendable {
  /// The methods, sorted by name; a method's index is its label in metrics and permits.
  public let methods: [Method]
  /// Their names, in the same order.
  public let names: [String]
  /// What their calls are counted as, in the same order. No reference is in it: to look at one counts
  /// nothing.
  public let counts: ContiguousArray<Method.Count?>
  /// Whether they may need the store, in the same order; no reference is in it either.
  public let needsStore: ContiguousArray<Bool>
  /// What a method is found by, in the same order.
  private let entries: ContiguousArray<Entry>
  /// For each bucket the first method in it, or none.
  private let first: ContiguousArray<Int16>

  /// No reference is in it: to look at one counts nothing.
  private struct Entry {
    /// The method's name, for comparing it with bytes.
    let name: ShortName
    /// The next method in the same bucket, or none.
    let next: Int16
  }

  private static let none: Int16 = -1

  /// Every method of the sidecar.
  public static let standard = MethodTable(
    BatchMethods.all + CacheMethods.all + ClaimMethods.all + CounterMethods.all + DevMethods.all
      + EventMethods.all + FlowMethods.all + FlowStatsMethods.all + IdempotencyMethods.all
      + KeyValueMethods.all
      + PendingMethods.all + RateLimitMethods.all + SessionMethods.all + StreamMethods.all
      + SystemMethods.all
      + TokenMethods.all)

  init(_ methods: [Method]) {
    self.methods = methods.sorted { $0.name < $1.name }
    names = self.methods.map(\.name)
    counts = ContiguousArray(self.methods.map(\.counts))
    needsStore = ContiguousArray(self.methods.map(\.needsStore))
    var first = ContiguousArray(repeating: Self.none, count: ShortName.hashCount)
    var entries: ContiguousArray<Entry> = []
    for (index, method) in self.methods.enumerated() {
      let name = ShortName(method.staticName)
      entries.append(Entry(name: name, next: first[name.hash]))
      first[name.hash] = Int16(clamping: index)
    }
    self.entries = entries
    self.first = first
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
    let short = ShortName(name, in: text)
    var next = first[short.hash]
    while next != Self.none {
      let index = Int(next)
      if entries[index].name == short, short.isWhole || isNamed(index, name, in: text) {
        return index
      }
      next = entries[index].next
    }
    return nil
  }

  /// Whether a method has a name, to its last byte.
  private func isNamed(_ index: Int, _ name: ByteRange, in text: RawSpan) -> Bool {
    name.holds(methods[index].staticName, in: text)
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
}

extension MethodTable {
  /// A part of the table.
  ///
  /// - Parameter name: a method's name, as `kv.get`, or a namespace's, as `kv`.
  /// - Returns: the one method, or all of the namespace; nil when there is neither.
  public func selection(_ name: String) -> MethodTable? {
    let chosen = methods.filter { $0.name == name || $0.namespace == name }
    return chosen.isEmpty ? nil : MethodTable(chosen)
  }
}
