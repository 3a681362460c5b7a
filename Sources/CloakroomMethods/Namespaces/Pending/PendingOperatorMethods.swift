internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// What an operator does about operations whose attempts are used up.
enum PendingOperatorMethods {
  static let all = [dead, reopen]

  /// How many names of the store one call looks at before it answers with a cursor.
  private static let mostNames = 100_000
  /// How many it asks for at a time.
  private static let namesAtATime = 1000
  /// How many operations it reads the beginnings of at a time.
  private static let headsAtATime = 128

  static let dead = Method(
    "pending.dead",
    "Lists operations whose attempts are used up, of the caller's own service and scope, each with what the last release has said. The store is looked through for them, a part with each call; a part may be empty before the last.",
    [
      .listCursor,
      Parameter(
        "count", #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#,
        "How many to list, about. Default: 100."),
      Parameter(
        "withData", #"{"type":"boolean","default":false}"#,
        "Also answer their data, where the store has them and not the token. Default: false."),
    ],
    result:
      #"{"type":"object","properties":{"operations":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"operationType":{"type":"string"},"createdAt":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"},"attempts":{"type":"integer"},"maxAttempts":{"type":["integer","null"]},"error":true,"data":true},"required":["id","operationType","createdAt","expiresAt","attempts","maxAttempts","error"]}},"cursor":{"type":["string","null"]}},"required":["operations","cursor"]}"#,
    effect: .read,
    example: (
      "{}",
      #"{"operations":[{"id":"…","operationType":"registration","createdAt":"20…","expiresAt":"20…","attempts":10,"maxAttempts":10,"error":"the database is read-only"}],"cursor":null}"#
    ),
    .procedure { arguments throws(RPCError) in
      let names = try PendingNames(&arguments)
      let retention = arguments.settings.pendingRetention
      let start = try arguments.position(0)
      let count = try arguments.listCount(1)
      let withData = try arguments.flag(2, "withData")
      return .run { context throws(RPCError) in
        try await list(names, retention, from: start, count, withData, context)
      }
    })

  static let reopen = Method(
    "pending.reopen",
    "Opens an operation again whose attempts are used up: with all its attempts and its whole life.",
    [
      Parameter(
        "id", #"{"type":"string","pattern":"^[0-9a-f]{64}$"}"#, required: true,
        "Which one, as pending.dead and pending.create tell it.")
    ],
    result:
      #"{"type":"object","properties":{"reopened":{"const":true},"operationType":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"}},"required":["reopened","operationType","expiresAt"]}"#,
    reasons: [.notFound, .expired, .consumed, .deleted, .conflict],
    effect: .step,
    example: (
      #"{"id":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
      #"{"reopened":true,"operationType":"registration","expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let id = try arguments.string(0, "id", longest: 64)
      guard PendingToken.isID(id) else {
        throw RPCError(.invalidParams, "id is 64 of 0-9 a-f")
      }
      let key = try PendingNames(&arguments).key(id)
      if arguments.notes.isKept { arguments.notes.key = Array(id.utf8) }
      let request = PendingRequest(
        .reopen, type: nil, retention: arguments.settings.pendingRetention)
      let call = RecordCall(PendingRecord.self, key, request) {
        outcome, result throws(RPCError) -> Tally? in
        let operation = try outcome.operation
        result.writeStaticString("{\"reopened\":true,\"operationType\":")
        result.writeJSONString(operation.type)
        result.writeMoment(operation.expiresAtMs, after: ",\"expiresAt\":")
        result.writeStaticString("}")
        return { $0.count(.reopened) }
      }
      return .record(call)
    })

  private static func list(
    _ names: PendingNames, _ retention: PendingRetention, from start: UInt64, _ count: Int,
    _ withData: Bool, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    var result = ByteBuffer(string: "{\"operations\":[")
    var listed = 0
    var place = start
    for _ in 0..<(mostNames / namesAtATime) {
      let scan = ScanNames(
        prefix: try names.prefix.bytes, from: place, count: namesAtATime, ofRecords: true)
      let found = try await context.perform(.step(scan)).get(ScanNames.self)
      var operations: [(key: StoreKey, id: String)] = []
      for key in found.names {
        if let id = try names.id(in: key) { operations.append((key, id)) }
      }
      var rest = operations[...]
      while !rest.isEmpty {
        let page = rest.prefix(headsAtATime)
        rest = rest.dropFirst(headsAtATime)
        let heads = await context.perform(reading: page.map { .step(ReadRecordHead($0.key)) })
        for ((key, id), head) in zip(page, heads) {
          if let cancellation = context.cancellation { throw cancellation }
          var shown = ByteBuffer()
          switch try look(at: head, retention, at: context.storeTimeMs) {
          case .other: continue
          case .dead(let operation) where !withData: try write(operation, id, false, into: &shown)
          case .dead, .unknown:
            shown = try await read(key, id, retention, withData, context)
          }
          guard shown.readableBytes > 0 else { continue }
          if listed > 0 { result.writeStaticString(",") }
          result.writeImmutableBuffer(shown)
          listed += 1
        }
      }
      place = found.next
      if place == 0 || listed >= count { break }
    }
    result.writeStaticString("],\"cursor\":")
    if place == 0 {
      result.writeStaticString("null}")
    } else {
      result.writeJSONString(ScanCursor(position: place).text)
      result.writeStaticString("}")
    }
    return result
  }

  /// What the beginning of an operation tells of it.
  private enum Sight {
    /// It is dead: what is known of it without its data.
    case dead(PendingOperation)
    /// It is not, or is none.
    case other
    /// It has to be read whole.
    case unknown
  }

  private static func look(
    at head: StoreReply, _ retention: PendingRetention, at now: Int64
  ) throws(RPCError) -> Sight {
    let bytes: ByteBuffer
    do throws(RPCError) {
      bytes = try head.get(ReadRecordHead.self)
    } catch {
      guard error.isWrongType else { throw error }
      return .unknown
    }
    guard bytes.readableBytes > 0 else { return .other }
    guard bytes.readableBytesView.contains(UInt8(ascii: "\n")) else {
      return bytes.readableBytes < ReadRecordHead.length ? .other : .unknown
    }
    // What somebody else has written there is no operation, dead or not.
    guard let record = try? PendingRecord(reading: bytes) else { return .other }
    let request = PendingRequest(.read(withData: false), type: nil, retention: retention)
    guard
      case .operation(let operation) = PendingRecord.decide(record, request, at: now).outcome,
      operation.state == .dead
    else { return .other }
    return .dead(operation)
  }

  /// Reads the whole of an operation; empty for one that is not dead.
  private static func read(
    _ key: StoreKey, _ id: String, _ retention: PendingRetention, _ withData: Bool,
    _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    let read = PendingRequest(.read(withData: withData), type: nil, retention: retention)
    let call = RecordCall(PendingRecord.self, key, read) {
      outcome, result throws(RPCError) -> Tally? in
      guard case .operation(let operation) = outcome, operation.state == .dead else { return nil }
      try write(operation, id, withData, into: &result)
      return nil
    }
    do throws(RPCError) {
      return try await context.run(call)
    } catch {
      // What somebody else has written there is no operation, dead or not.
      guard error.isOfForeignRecord else { throw error }
      return ByteBuffer()
    }
  }

  private static func write(
    _ operation: PendingOperation, _ id: String, _ withData: Bool, into result: inout ByteBuffer
  ) throws(RPCError) {
    result.writeStaticString("{\"id\":\"")
    result.writeString(id)
    result.writeStaticString("\",\"operationType\":")
    result.writeJSONString(operation.type)
    result.writeMoment(operation.createdAtMs, after: ",\"createdAt\":")
    result.writeMoment(operation.expiresAtMs, after: ",\"expiresAt\":")
    result.writeStaticString(",\"attempts\":")
    result.writeDecimal(Int64(operation.attempts))
    result.writeBound(operation.maxAttempts, after: ",\"maxAttempts\":")
    result.writeLastError(operation.lastError)
    if withData, operation.data.readableBytes > 0 {
      try result.writeStored(operation.data, after: ",\"data\":")
    }
    result.writeStaticString("}")
  }
}
