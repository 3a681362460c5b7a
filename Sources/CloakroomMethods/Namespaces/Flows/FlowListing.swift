internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// One call of `flow.list`: a page of the flows of a scope, from the index of their names.
struct FlowListing: Sendable {
  /// How many flows one call lists at most.
  private static let mostListed: Int64 = 1000
  /// For how long a name without a flow stays in the index, in milliseconds: defining a flow writes its
  /// name first.
  private static let patienceMs: Int64 = 60_000

  private let flows: FlowSource
  private let before: IndexedName?
  private let count: Int

  /// Reads the call's parameters.
  init(_ arguments: inout Arguments) throws(RPCError) {
    flows = try FlowSource(&arguments)
    let count = arguments.has(1) ? try arguments.integer(1, "count") : 100
    guard (1...Self.mostListed).contains(count) else {
      throw RPCError(.invalidParams, "count is between 1 and \(Self.mostListed)")
    }
    self.count = Int(count)
    guard let kind = arguments.kind(0), kind != .null else {
      before = nil
      return
    }
    before = try Self.place(try arguments.string(0, "cursor", longest: 256))
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
      guard Flow.isName(name),
        let record = try await flows.record(of: name, depth: flows.names.depth, context)
      else {
        if entry.score < context.storeTimeMs &- Self.patienceMs { gone.append(name) }
        continue
      }
      if !isFirst { result.writeStaticString(",") }
      isFirst = false
      result.write(record, live: try await flows.liveSessions(on: name, context))
    }
    if !gone.isEmpty { _ = await context.perform(.step(UnindexNames(index, gone))) }
    result.writeStaticString("],\"cursor\":")
    if let last = page.last, page.count == count {
      result.writeJSONString(Self.text(of: last))
    } else {
      result.writeStaticString("null")
    }
    result.writeStaticString("}")
    return result
  }

  // MARK: The cursor

  /// A place in the index as callers see it: base64url (RFC 4648, section 5) of the score, a blank and the name.
  private static func text(of entry: IndexedName) -> String {
    Base64URL.text(Array("\(entry.score) \(entry.name.text)".utf8))
  }

  private static func place(_ cursor: String) throws(RPCError) -> IndexedName {
    let invalid = RPCError(.invalidParams, "cursor is not one that flow.list has answered with")
    var cursor = cursor
    let decoded = cursor.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) }
    guard let bytes = decoded, let text = String(validating: bytes, as: UTF8.self) else {
      throw invalid
    }
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let score = Int64(parts[0]), score.magnitude <= 1 << 53,
      Flow.isName(String(parts[1]))
    else { throw invalid }
    return IndexedName(String(parts[1]), score: score)
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
