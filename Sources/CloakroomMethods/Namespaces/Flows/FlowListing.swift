internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// One call of `flow.list`: a page of the flows of a scope, from the index of their names.
struct FlowListing: Sendable {
  /// For how long a name without a flow stays in the index, in milliseconds: defining a flow writes its
  /// name first.
  private static let patienceMs: Int64 = 60_000

  private let flows: FlowSource
  private let before: IndexedName?
  private let count: Int

  /// Reads the call's parameters.
  init(_ arguments: inout Arguments) throws(RPCError) {
    flows = try FlowSource(&arguments)
    before = try arguments.indexCursor(0)
    count = try arguments.listCount(1)
  }

  /// Reads a page.
  func page(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    if before == nil {
      // What a file defines has never been met here if no session has begun on it yet.
      for flow in flows.fromFiles {
        _ = try await flows.record(of: flow.name, depth: 0, context)
      }
    }
    let index = try flows.names.index(depth: flows.names.depth)
    let page = try await context.perform(
      .step(ReadIndex(index, before: before, count: count))
    ).get(ReadIndex.self)
    var result = ByteBuffer(string: "{\"flows\":[")
    var isFirst = true
    var gone: [String] = []
    for entry in page {
      if let cancellation = context.cancellation { throw cancellation }
      let name = entry.name.text
      guard PlainName.accepts(name), let record = try await record(of: name, context) else {
        if entry.score < context.storeTimeMs &- Self.patienceMs { gone.append(name) }
        continue
      }
      if !isFirst { result.writeStaticString(",") }
      isFirst = false
      result.write(record, live: try await flows.liveSessions(on: name, context))
    }
    if !gone.isEmpty { _ = await context.perform(.step(UnindexNames(index, gone))) }
    result.writeCursor(page.count == count ? page.last : nil)
    return result
  }

  /// A flow's record; nil where there is none, or what somebody else has written in its place.
  private func record(
    of name: String, _ context: CallContext
  ) async throws(RPCError) -> FlowRecord? {
    do throws(RPCError) {
      return try await flows.record(of: name, depth: flows.names.depth, context)
    } catch {
      guard error.isOfForeignRecord else { throw error }
      return nil
    }
  }
}

extension ByteBuffer {
  /// Writes what a list says of a flow.
  fileprivate mutating func write(_ record: FlowRecord, live: [Int64: Int64]) {
    writeStaticString("{\"name\":")
    writeJSONString(record.name)
    writeStaticString(",\"version\":")
    writeDecimal(record.version)
    writeStaticString(",\"closed\":")
    writeJSON(record.state != .open)
    writeStaticString(",\"source\":\"")
    writeString(record.source.rawValue)
    writeStaticString("\",\"liveSessions\":")
    writeDecimal(live.values.reduce(0, &+))
    writeStaticString(",\"versions\":[")
    for (index, definition) in record.definitions.enumerated() {
      writeStaticString(index == 0 ? "{\"version\":" : ",{\"version\":")
      writeDecimal(definition.version)
      writeMoment(definition.definedAtMs, after: ",\"definedAt\":")
      writeStaticString(",\"liveSessions\":")
      writeDecimal(live[definition.version] ?? 0)
      writeStaticString("}")
    }
    writeStaticString("]}")
  }
}
