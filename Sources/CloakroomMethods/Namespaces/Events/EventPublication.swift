internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// An event that is to be published under its channel's schema.
///
/// The data is held against the schema that this sidecar knows, and published in one step with
/// finding that it is the current one: one round trip as long as nobody defines another. What the
/// known schema refuses is refused only once the store has said that it is the current one.
struct EventPublication: Sendable {
  /// How often another schema is tried; each was defined since the one before.
  private static let attempts = 8

  let channel: StoreKey
  let data: ByteBuffer
  let envelope: ByteBuffer
  let life: TimeToLive
  let cache: SchemaCache

  /// The first step, and where it leads.
  ///
  /// - Throws: `tooMuchForLoop`.
  func opening(_ allowance: inout WorkAllowance) throws(RPCError) -> Opening {
    let known = cache.schema(of: channel)
    if let known, let problem = try known.problem(with: data, &allowance) {
      // As if it was made by no schema: it is published only where there is none.
      return .ask(step(by: nil)) { reply, _, result throws(RPCError) in
        switch reply {
        case .published(let receivers):
          cache.forget(channel)
          result.writeReceivers(receivers)
          return nil
        case .definition(let definition):
          if known.isCurrent(definition) { throw problem }
          return { context throws(RPCError) in try await publish(by: definition, context) }
        }
      }
    }
    return .ask(step(by: known)) { reply, _, result in
      switch reply {
      case .published(let receivers):
        result.writeReceivers(receivers)
        return nil
      case .definition(let definition):
        return { context throws(RPCError) in try await publish(by: definition, context) }
      }
    }
  }

  private func step(by schema: ChannelSchema?) -> PublishDefined {
    PublishDefined(channel, envelope, digest: schema?.digest ?? "", life: life)
  }

  /// Publishes by a schema that the store has just named, or by the one that it names then.
  private func publish(
    by first: ByteBuffer, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    var definition = first
    for _ in 0..<Self.attempts {
      let (current, channel, data) = (definition, channel, data)
      let schema = try await context.compute { [cache] () throws(RPCError) in
        var allowance = WorkAllowance.whole
        let schema = try cache.compile(current, for: channel)
        if let problem = try schema.problem(with: data, &allowance) { throw problem }
        return schema
      }
      switch try await context.perform(step(by: schema), idempotentStep: 0) {
      case .published(let receivers):
        var result = ByteBuffer()
        result.writeReceivers(receivers)
        return result
      case .definition(let other):
        definition = other
      }
    }
    throw RPCError(
      .unavailable, "the channel's schema is defined anew all the time; nothing was done",
      retryAfterMs: 100)
  }
}

extension ByteBuffer {
  /// Writes the result of a publication.
  mutating func writeReceivers(_ count: Int64) {
    writeStaticString("{\"receivers\":")
    writeDecimal(count)
    writeStaticString("}")
  }
}
