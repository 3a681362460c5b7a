internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomStore
internal import NIOCore

/// A channel's schema, ready to hold events against.
struct ChannelSchema: Sendable {
  /// The digest of the schema's text, by which sidecars know it.
  let digest: String
  /// How much its text and its name take, in bytes.
  let size: Int
  private let schema: JSONSchema

  /// Compiles a schema that is to be defined.
  ///
  /// - Throws: INVALID_PARAMS with the place in the schema.
  init(defining text: ByteBuffer) throws(RPCError) {
    digest = ETag.of(text)
    size = text.readableBytes
    do throws(SchemaFault) {
      schema = try JSONSchema(text.readableBytesSpan)
    } catch {
      throw RPCError(refusing: error)
    }
  }

  /// Compiles a schema that is kept in the store.
  ///
  /// - Throws: STORE_REFUSED when another program wrote something else there.
  init(stored definition: ByteBuffer) throws(RPCError) {
    var text = definition
    guard let digest = text.readString(length: ETag.length) else { throw Self.foreign }
    do throws(RPCError) {
      try self.init(defining: text)
    } catch {
      throw Self.foreign
    }
    guard digest == self.digest else { throw Self.foreign }
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
  func problem(with data: ByteBuffer) -> RPCError? {
    do throws(SchemaFault) {
      let violations = try schema.validate(data.readableBytesSpan)
      return violations.isEmpty
        ? nil
        : RPCError(
          violations: violations, "the data is not as the channel's schema wants it")
    } catch {
      return RPCError(unreadable: error)
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
