internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Flows: versioned definitions of the way that a wizard's sessions go.
enum FlowMethods {
  static let all = [define, get, list, remove]

  private static let name = Parameter(
    "name", #"{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$"}"#, required: true,
    "The flow's name: 1 to 64 letters, digits, dots, underscores and hyphens.")

  static let define = Method(
    "flow.define",
    "Defines a flow, for new sessions from now on: those under way stay on the definition that they began with. The same definition again is the same version, another one the next; one that was there before becomes current again under its old number.",
    [
      name,
      Parameter(
        "steps",
        #"{"type":"array","minItems":1,"maxItems":64,"items":{"type":"object","properties":{"id":{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$"},"title":{"type":"string"},"schema":{"type":["object","boolean"]},"requires":{"type":"array","items":{"type":"string"}},"dependsOn":{"type":"array","items":{"type":"string"}},"when":{"type":["object","boolean"]}},"required":["id"],"additionalProperties":false}}"#,
        required: true,
        "The steps in their order. id; title; schema: a JSON Schema that the session's whole data must fit when the step is completed; requires: ids of the steps that must be complete before (left out: the step before; []: none; one that does not apply counts as done if what it requires is); dependsOn: JSON Pointers into the data, a change there opens the step again, and those that require it; when: a JSON Schema over the data, the step applies only where it fits."
      ),
      Parameter(
        "schema", #"{"type":["object","boolean"]}"#,
        "A JSON Schema that the whole data must fit at the end."),
      Parameter(
        "idleTtl", #"{"type":["integer","string"]}"#,
        "How long a session lives without being touched: seconds, or a string with a unit. Default: as long as absoluteTtl."
      ),
      Parameter(
        "absoluteTtl", #"{"type":["integer","string"]}"#,
        "How long a session lives at most: seconds, or a string with a unit. Default: 24h."),
      Parameter(
        "bind",
        #"{"type":"object","properties":{"userAgent":{"enum":["off","warn","require"]},"ipAddress":{"enum":["off","warn","require"]}},"additionalProperties":false}"#,
        "What a session is bound to: warn logs a call from elsewhere and says so in its answer, require refuses it (FORBIDDEN). Default: off."
      ),
      Parameter(
        "sensitive",
        #"{"type":"array","maxItems":64,"items":{"anyOf":[{"type":"string"},{"type":"object","properties":{"pointer":{"type":"string"},"mode":{"enum":["seal","refuse"]}},"required":["pointer"],"additionalProperties":false}]}}"#,
        "JSON Pointers to what is never stored in clear: sealed, and given back at checkout alone (seal, the default), or not taken at all (refuse)."
      ),
    ],
    result:
      #"{"type":"object","properties":{"name":{"type":"string"},"version":{"type":"integer"}},"required":["name","version"]}"#,
    reasons: [.conflict],
    effect: .set,
    example: (
      #"{"name":"signup","steps":[{"id":"account","schema":{"required":["email"]}},{"id":"plan"}]}"#,
      #"{"name":"signup","version":1}"#
    ),
    .procedure { arguments throws(RPCError) in
      let flow = try arguments.flow()
      let flows = try FlowSource(&arguments)
      if arguments.notes.isKept { arguments.notes.key = Array(flow.name.utf8) }
      return .run { context throws(RPCError) in
        guard !flows.isFromFile(flow.name) else { throw definedByFile }
        try await flows.index(flow.name, context)
        let call = RecordCall(
          FlowRecord.self, try flows.names.record(of: flow.name), .define(flows.draft(of: flow))
        ) { outcome, result throws(RPCError) -> Tally? in
          let record = try outcome.record
          result.writeStaticString("{\"name\":")
          result.writeJSONString(record.name)
          result.writeStaticString(",\"version\":")
          result.writeDecimal(record.version)
          result.writeStaticString("}")
          return nil
        }
        return try await context.run(call)
      }
    })

  static let get = Method(
    "flow.get",
    "Reads a flow's definition: the current one, or another that sessions may still be on.",
    [
      name,
      Parameter(
        "version", #"{"type":"integer","minimum":1}"#, "Which version. Default: the current one."),
    ],
    result:
      #"{"type":"object","properties":{"name":{"type":"string"},"version":{"type":"integer"},"current":{"type":"boolean"},"closed":{"type":"boolean"},"source":{"enum":["call","file"]},"definedAt":{"type":"string","format":"date-time"},"versions":{"type":"array","items":{"type":"integer"}},"definition":{"type":"object"}},"required":["name","version","current","closed","source","definedAt","versions","definition"]}"#,
    reasons: [.notFound],
    effect: .read,
    example: (
      #"{"name":"signup"}"#,
      #"{"name":"signup","version":1,"current":true,"closed":false,"source":"call","definedAt":"20…","versions":[1],"definition":{"steps":[{"id":"account","schema":{"required":["email"]}},{"id":"plan"}]}}"#
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.flowName(0)
      let version = arguments.has(1) ? try arguments.integer(1, "version") : nil
      let flows = try FlowSource(&arguments)
      if arguments.notes.isKept { arguments.notes.key = Array(name.utf8) }
      return .run { context throws(RPCError) in
        guard let record = try await flows.record(of: name, depth: flows.names.depth, context)
        else { throw .noFlow }
        let wanted = version ?? record.version
        guard let definition = record.definitions.first(where: { $0.version == wanted }) else {
          throw RPCError(.notFound, "the flow has no definition of that version")
        }
        var result = ByteBuffer()
        try result.write(definition, of: record)
        return result
      }
    })

  static let list = Method(
    "flow.list",
    "Lists the flows of the caller's own service and scope with their versions and the sessions that live on each, the last defined first. A page may be shorter than was asked for; the cursor is null behind the last.",
    [
      .listCursor, .listCount,
    ],
    result:
      #"{"type":"object","properties":{"flows":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"version":{"type":"integer"},"closed":{"type":"boolean"},"source":{"enum":["call","file"]},"liveSessions":{"type":"integer"},"versions":{"type":"array","items":{"type":"object","properties":{"version":{"type":"integer"},"definedAt":{"type":"string","format":"date-time"},"liveSessions":{"type":"integer"}},"required":["version","definedAt","liveSessions"]}}},"required":["name","version","closed","source","liveSessions","versions"]}},"cursor":{"type":["string","null"]}},"required":["flows","cursor"]}"#,
    effect: .read,
    example: (
      "{}",
      #"{"flows":[{"name":"signup","version":1,"closed":false,"source":"call","liveSessions":0,"versions":[{"version":1,"definedAt":"20…","liveSessions":0}]}],"cursor":null}"#
    ),
    .procedure { arguments throws(RPCError) in
      let listing = try FlowListing(&arguments)
      return .run { context throws(RPCError) in try await listing.page(context) }
    })

  static let remove = Method(
    "flow.remove",
    "Removes a flow. While sessions live on it, it is only closed to new ones: those go on. A flow that a file defines is CONFLICT.",
    [name],
    result:
      #"{"type":"object","properties":{"removed":{"type":"boolean"},"closed":{"const":true},"liveSessions":{"type":"integer"}},"required":["removed","closed","liveSessions"]}"#,
    reasons: [.notFound, .conflict],
    effect: .step,
    example: (#"{"name":"signup"}"#, #"{"removed":true,"closed":true,"liveSessions":0}"#),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.flowName(0)
      let flows = try FlowSource(&arguments)
      if arguments.notes.isKept { arguments.notes.key = Array(name.utf8) }
      return .run { context throws(RPCError) in
        guard !flows.isFromFile(name) else { throw definedByFile }
        let live = try await flows.liveSessions(on: name, context).values.reduce(0, &+)
        let call = RecordCall(
          FlowRecord.self, try flows.names.record(of: name), .remove(live: live)
        ) { outcome, result throws(RPCError) -> Tally? in
          let record = try outcome.record
          result.writeStaticString("{\"removed\":")
          result.writeJSON(record.state == .removed)
          result.writeStaticString(",\"closed\":true,\"liveSessions\":")
          result.writeDecimal(live)
          result.writeStaticString("}")
          return nil
        }
        return try await context.run(call)
      }
    })

  private static let definedByFile = RPCError(
    .conflict, "a file of the configuration defines the flow: change or take away the file",
    details: [.text("source", "file")])
}

extension FlowOutcome {
  /// The flow that was asked for.
  ///
  /// - Throws: why there is none.
  fileprivate var record: FlowRecord {
    get throws(RPCError) {
      switch self {
      case .flow(let record): return record
      case .refused(let error): throw error
      case .definition: throw .unexpectedReply
      }
    }
  }
}

extension Arguments {
  /// A flow's name.
  fileprivate mutating func flowName(_ slot: Int) throws(RPCError) -> String {
    let name = try string(slot, "name", longest: PlainName.longest)
    try Flow.check(name: name)
    return name
  }

  /// The flow that `flow.define` is given.
  fileprivate mutating func flow() throws(RPCError) -> Flow {
    let name = try flowName(0)
    let members: [StaticString] = [
      "steps", "schema", "idleTtl", "absoluteTtl", "bind", "sensitive",
    ]
    var definition = ByteBuffer()
    for (index, member) in members.enumerated() where has(index + 1) {
      definition.writeStaticString(definition.readableBytes == 0 ? "{\"" : ",\"")
      definition.writeStaticString(member)
      definition.writeStaticString("\":")
      definition.writeImmutableBuffer(try value(index + 1, member))
    }
    definition.writeStaticString(definition.readableBytes == 0 ? "{}" : "}")
    // Its schemas are compiled, and all of it is written anew in canonical form.
    if allowance.isOnLoop { throw .tooMuchForLoop }
    return try Flow(name: name, definition, defaultTTL: settings.sessionTTL)
  }
}

extension ByteBuffer {
  /// Writes the result of `flow.get`.
  fileprivate mutating func write(
    _ definition: FlowRecord.Definition, of record: FlowRecord
  ) throws(RPCError) {
    writeStaticString("{\"name\":")
    writeJSONString(record.name)
    writeStaticString(",\"version\":")
    writeDecimal(definition.version)
    writeStaticString(",\"current\":")
    writeJSON(definition.version == record.version)
    writeStaticString(",\"closed\":")
    writeJSON(record.state != .open)
    writeStaticString(",\"source\":\"")
    writeString(record.source.rawValue)
    writeMoment(definition.definedAtMs, after: "\",\"definedAt\":")
    writeStaticString(",\"versions\":[")
    for (index, definition) in record.definitions.enumerated() {
      if index > 0 { writeStaticString(",") }
      writeDecimal(definition.version)
    }
    try writeStored(definition.text, after: "],\"definition\":", before: "}")
  }
}
