internal import CloakroomSchema
internal import Synchronization

/// The compiled schemas that some event loop has at hand, so that all loops have the same one.
///
/// It is asked when a schema has to be compiled, and never while one is used.
final class SchemaPool: Sendable {
  /// That of the process.
  static let process = SchemaPool()

  private struct Entry {
    weak var schema: SharedSchema?
  }

  /// By the digests of their texts.
  private let entries = Mutex<(byDigest: [String: Entry], sweepAt: Int)>(([:], 64))

  /// The schema of a text of that digest, if some loop has it.
  func schema(_ digest: String) -> SharedSchema? {
    entries.withLock { $0.byDigest[digest]?.schema }
  }

  /// Lets other loops have a schema as long as one has it.
  ///
  /// - Returns: the schema that all have: another loop may have compiled the same text meanwhile.
  func share(_ schema: SharedSchema, _ digest: String) -> SharedSchema {
    entries.withLock { entries in
      if let known = entries.byDigest[digest]?.schema { return known }
      entries.byDigest[digest] = Entry(schema: schema)
      if entries.byDigest.count >= entries.sweepAt {
        entries.byDigest = entries.byDigest.filter { $0.value.schema != nil }
        entries.sweepAt = max(64, 2 * entries.byDigest.count)
      }
      return schema
    }
  }

  /// How many digests it knows, those included whose schemas nobody has any more.
  var count: Int { entries.withLock { $0.byDigest.count } }
}

/// A schema that several event loops have at hand.
final class SharedSchema: Sendable {
  /// How much memory all of the process take, in bytes.
  private static let allBytes = Atomic<Int>(0)

  let schema: JSONSchema

  init(_ schema: JSONSchema) {
    self.schema = schema
    Self.allBytes.add(schema.memoryBytes, ordering: .relaxed)
  }

  deinit { Self.allBytes.subtract(schema.memoryBytes, ordering: .relaxed) }

  /// How much memory all of the process take, in bytes.
  static var memoryBytes: Int { allBytes.load(ordering: .relaxed) }
}

/// The compiled schemas of all events' channels, for those who keep an account of memory.
public enum CompiledSchemas {
  /// How much memory they take, in bytes.
  public static var memoryBytes: Int { SharedSchema.memoryBytes }
}
