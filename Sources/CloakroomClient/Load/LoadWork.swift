/// What is asked for, over and over.
public struct LoadWork: Sendable {
  /// The operations that can be measured, and the one that tidies up.
  public enum Operation: String, Sendable, CaseIterable {
    /// Reads a value.
    case get = "kv.get"
    /// Writes a value.
    case set = "kv.set"
    /// Removes a value.
    case remove = "kv.remove"
  }

  /// What the keys begin with; letters, digits, `:` and `-`.
  public var keyPrefix: String
  /// How many keys there are, at most 100,000,000.
  public var keyCount: Int
  /// How long a value is, in bytes of its JSON text, at least 2.
  public var valueSize: Int
  /// How long a value lives, in seconds.
  public var ttl: Int

  /// Work on keys of that prefix.
  public init(keyPrefix: String, keyCount: Int, valueSize: Int, ttl: Int) {
    self.keyPrefix = keyPrefix
    self.keyCount = min(max(keyCount, 1), RequestTemplate.keyLimit)
    self.valueSize = max(valueSize, 2)
    self.ttl = ttl
  }

  /// A value: a JSON string of x.
  var value: String {
    "\"" + String(repeating: "x", count: valueSize - 2) + "\""
  }
}
