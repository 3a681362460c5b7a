internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Where people give up: the numbers of a flow.
enum FlowStatsMethods {
  static let all = [stats]

  static let stats = Method(
    "flow.stats",
    "Tells how people come through a flow: how many sessions were created, completed, deleted, dead, and abandoned (their life has ended) at which step; how often each step was come to and completed, and how long that took; and which keywords of its schema its data didn't fit. Counted over all sidecars, each of these once, by the hours (UTC) in which it happened; kept for 90 days. Times are right within 5 %. `live` is how many sessions there are now, whatever from and to.",
    [
      Parameter(
        "name", #"{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$"}"#, required: true,
        "The flow's name, of the call's scope."),
      Parameter(
        "version", #"{"type":["integer","null"],"minimum":1}"#,
        "Of this version alone. Default: of all together."),
      Parameter(
        "from", #"{"type":["string","null"],"format":"date-time"}"#,
        "From the beginning of this hour. Default: as far back as numbers are kept."),
      Parameter(
        "to", #"{"type":["string","null"],"format":"date-time"}"#,
        "To the end of this hour. Default: to now."),
    ],
    result:
      #"{"type":"object","properties":{"name":{"type":"string"},"version":{"type":["integer","null"]},"fromAt":{"type":"string","format":"date-time"},"toAt":{"type":"string","format":"date-time"},"live":{"type":"integer"},"created":{"type":"integer"},"completed":{"type":"integer"},"deleted":{"type":"integer"},"dead":{"type":"integer"},"abandoned":{"type":"integer"},"steps":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"entered":{"type":"integer"},"completed":{"type":"integer"},"abandoned":{"type":"integer"},"medianMs":{"type":["integer","null"]},"p90Ms":{"type":["integer","null"]},"errors":{"type":"array","items":{"type":"object","properties":{"keyword":{"type":"string"},"count":{"type":"integer"}},"required":["keyword","count"]}}},"required":["id","entered","completed","abandoned","medianMs","p90Ms","errors"]}}},"required":["name","version","fromAt","toAt","live","created","completed","deleted","dead","abandoned","steps"]}"#,
    reasons: [.notFound],
    effect: .read,
    example: (
      #"{"name":"signup"}"#,
      #"{"name":"signup","version":null,"fromAt":"20…","toAt":"20…","live":0,"created":0,"completed":0,"deleted":0,"dead":0,"abandoned":0,"steps":[{"id":"account","entered":0,"completed":0,"abandoned":0,"medianMs":null,"p90Ms":null,"errors":[]},{"id":"plan","entered":0,"completed":0,"abandoned":0,"medianMs":null,"p90Ms":null,"errors":[]}]}"#
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.string(0, "name", longest: PlainName.longest)
      try Flow.check(name: name)
      let version = arguments.hasValue(1) ? try arguments.integer(1, "version") : nil
      guard version ?? 1 > 0 else { throw RPCError(.invalidParams, "version is 1 or more") }
      let from = try arguments.moment(2, "from")
      let to = try arguments.moment(3, "to")
      let flows = try FlowSource(&arguments)
      if arguments.notes.isKept { arguments.notes.key = Array(name.utf8) }
      return .run { context throws(RPCError) in
        try await answer(
          Question(name: name, version: version, from: from, to: to), flows, context)
      }
    })

  /// What is asked for.
  private struct Question {
    let name: String
    let version: Int64?
    let from: Int64?
    let to: Int64?
  }

  private static func answer(
    _ question: Question, _ flows: FlowSource, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    let statistics = try flows.names.statistics(of: question.name)
    let hours = try hours(from: question.from, to: question.to, now: context.storeTimeMs)
    var counts: [String: Int64] = [:]
    var rest = hours
    while !rest.isEmpty {
      if let cancellation = context.cancellation { throw cancellation }
      let names = rest.prefix(ReadCounts.mostNames).map { statistics.hour($0) }
      rest = rest.dropFirst(names.count)
      let part = try await context.perform(.step(ReadCounts(names))).get(ReadCounts.self)
      counts.merge(part) { $0 &+ $1 }
    }
    let live = try await context.perform(.step(ReadCounts([statistics.live])))
      .get(ReadCounts.self)
    let steps = try await steps(of: question, flows, context)
    // A flow that was removed is told of as long as there is anything to tell.
    guard steps != nil || !counts.isEmpty || !live.isEmpty else { throw .noFlow }
    let report = FlowReport(counts, version: question.version)
    var result = ByteBuffer(string: "{\"name\":")
    result.writeJSONString(question.name)
    result.writeStaticString(",\"version\":")
    if let version = question.version {
      result.writeDecimal(version)
    } else {
      result.writeStaticString("null")
    }
    let hourMs = FlowStatistics.hourMs
    result.writeMoment(hours.lowerBound &* hourMs, after: ",\"fromAt\":")
    result.writeMoment(hours.upperBound &* hourMs, after: ",\"toAt\":")
    result.writeStaticString(",\"live\":")
    result.writeDecimal(
      question.version.map { live["\($0)"] ?? 0 } ?? live.values.reduce(0, &+))
    report.write(order: report.order(steps ?? []), into: &result)
    result.writeStaticString("}")
    return result
  }

  /// The steps of the flow's definition, in order; none where it has none of that version any more, nil where
  /// there is no such flow.
  private static func steps(
    of question: Question, _ flows: FlowSource, _ context: CallContext
  ) async throws(RPCError) -> [String]? {
    let depth = flows.names.depth
    guard let record = try await flows.record(of: question.name, depth: depth, context) else {
      return nil
    }
    let version = question.version ?? record.version
    guard let definition = record.definitions.first(where: { $0.version == version }) else {
      return []
    }
    let mark = FlowMark(
      name: question.name, version: version, digest: definition.digest, depth: depth)
    return try await flows.load(mark, context).steps.map(\.id)
  }

  /// The hours that are asked for, of those that are kept.
  static func hours(from: Int64?, to: Int64?, now: Int64) throws(RPCError) -> Range<Int64> {
    let last = now / FlowStatistics.hourMs
    let first = last - FlowStatistics.retentionMs / FlowStatistics.hourMs
    let start = max(first, (from ?? 0) / FlowStatistics.hourMs)
    let end = min(last, (to ?? now) / FlowStatistics.hourMs)
    guard from ?? 0 <= to ?? now else {
      throw RPCError(.invalidParams, "from is not later than to")
    }
    // Before all that is kept, or behind it, there is nothing.
    return start <= end ? start..<end + 1 : start..<start
  }
}

extension Arguments {
  /// Whether a parameter was given, and is not null.
  fileprivate mutating func hasValue(_ slot: Int) -> Bool {
    guard let kind = kind(slot) else { return false }
    return kind != .null
  }

  /// A parameter that is a moment, in milliseconds since 1970.
  fileprivate mutating func moment(_ slot: Int, _ name: StaticString) throws(RPCError) -> Int64? {
    guard hasValue(slot) else { return nil }
    let text = try string(slot, name, longest: 64)
    guard let moment = Timestamp(text), moment.milliseconds >= 0 else {
      throw RPCError(.invalidParams, "\(name) is a moment as RFC 3339 writes it")
    }
    return moment.milliseconds
  }
}
