internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomStore
internal import NIOCore

/// A channel's schema, ready to hold events against.
struct ChannelSchema: Sendable {
  /// The digest of the schema's text, by which sidecars know it.
  let digest: String
  /// How much memory it takes, in bytes; copies of it share that.
  var size: Int { schema.memoryBytes }
  private let compiled: SharedSchema
  private var schema: JSONSchema { compiled.schema }

  /// Compiles a schema that is to be defined.
  ///
  /// - Throws: INVALID_PARAMS with the place in the schema.
  init(defining text: ByteBuffer, _ allowance: WorkAllowance) throws(RPCError) {
    self.init(digest: ETag.of(text), try Self.compile(text, allowance))
  }

  private init(digest: String, _ compiled: SharedSchema) {
    self.digest = digest
    self.compiled = compiled
  }

  private static func compile(
    _ text: ByteBuffer, _ allowance: WorkAllowance
  ) throws(RPCError) -> SharedSchema {
    SharedSchema(try allowance.compile(text) { RPCError(refusing: $0) })
  }

  /// Compiles a schema that is kept in the store, unless another event loop has it at hand; nothing for an event loop.
  ///
  /// - Throws: STORE_REFUSED when another program wrote something else there.
  init(stored definition: ByteBuffer) throws(RPCError) {
    var text = definition
    guard let digest = text.readString(length: ETag.length) else { throw Self.foreign }
    guard digest == ETag.of(text) else { throw Self.foreign }
    if let known = SchemaPool.process.schema(digest) {
      self.init(digest: digest, known)
      return
    }
    let compiled: SharedSchema
    do throws(RPCError) {
      compiled = try Self.compile(text, .whole)
    } catch {
      throw Self.foreign
    }
    self.init(digest: digest, SchemaPool.process.share(compiled, digest))
  }

  /// What is kept in the store: the digest and behind it the text, so that it is told which schema it
  /// is without reading all of it.
  static func definition(_ text: ByteBuffer, digest: String) -> ByteBuffer {
    var definition = ByteBuffer(string: digest)
    definition.writeImmutableBuffer(text)
    return definition
  }

  /// Whether this is the schema that is kept in the store.
  func isCurrent(_ definition: ByteBuffer) -> Bool {
    definition.readableBytesView.prefix(ETag.length).elementsEqual(digest.utf8)
  }

  /// Why an event's data may not be published; nil when it may.
  ///
  /// - Throws: `tooMuchForLoop`.
  func problem(
    with data: ByteBuffer, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> RPCError? {
    try allowance.checkSize(data.readableBytes, atMost: ComputePool.lookedIntoBytes)
    do throws(RPCError) {
      let violations = try allowance.hold { steps throws(SchemaFault) in
        try schema.validate(try JSONInstance(data.readableBytesSpan), &steps)
      }
      return violations.isEmpty
        ? nil
        : RPCError(
          violations: violations, "the data is not as the channel's schema wants it")
    } catch {
      if error == .tooMuchForLoop { throw error }
      return error
    }
  }

  private static let foreign = RPCError(
    .storeRefused, "what is stored under the channel's name is no schema",
    details: [.text("code", "NOTSCHEMA")])
}

extension RPCError {
  /// What is wrong with a schema.
  fileprivate init(refusing fault: SchemaFault) {
    switch fault {
    case .refused(let pointer, let message), .unreadable(let pointer, let message):
      self.init(
        .invalidParams, "the schema can't be used: \(message)",
        details: [.text("pointer", pointer)])
    case .exceeds(let limit):
      self.init(.tooLarge, "the schema exceeds a limit (\(limit.rawValue))")
    }
  }
}
