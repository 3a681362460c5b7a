internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The numbers of a flow, made of what was counted in some hours. A pure value.
struct FlowReport: Equatable {
  /// The numbers of one step.
  struct Step: Equatable {
    var entered: Int64 = 0
    var completed: Int64 = 0
    var abandoned: Int64 = 0
    /// How many completed it in which time.
    var times: [DurationBucket: Int64] = [:]
    /// How often it was refused, by the schema's keyword.
    var errors: [String: Int64] = [:]
  }

  var created: Int64 = 0
  var completed: Int64 = 0
  var deleted: Int64 = 0
  var dead: Int64 = 0
  /// Whose life has ended, at whatever step.
  var abandoned: Int64 = 0
  var steps: [String: Step] = [:]
  /// The versions of which anything was counted.
  var versions: Set<Int64> = []

  /// Adds up what was counted, of one version or of all.
  init(_ counts: [String: Int64], version: Int64?) {
    for (name, count) in counts {
      guard let (its, field) = CountField.read(name), version == nil || version == its else {
        continue
      }
      versions.insert(its)
      add(count, of: field)
    }
  }

  private mutating func add(_ count: Int64, of field: CountField) {
    switch field {
    case .created: created &+= count
    case .completed: completed &+= count
    case .deleted: deleted &+= count
    case .dead: dead &+= count
    // One that is opened again is dead no more.
    case .reopened: dead &-= count
    case .entered(let step): steps[step, default: Step()].entered &+= count
    case .done(let step): steps[step, default: Step()].completed &+= count
    case .abandoned(let step):
      abandoned &+= count
      if !step.isEmpty { steps[step, default: Step()].abandoned &+= count }
    case .time(let step, let bucket):
      steps[step, default: Step()].times[bucket, default: 0] &+= count
    case .error(let step, let keyword):
      steps[step, default: Step()].errors[keyword, default: 0] &+= count
    }
  }

  /// The steps in the flow's order; behind them those that it doesn't have any more, by their names.
  func order(_ flow: [String]) -> [String] {
    let known = Set(flow)
    return flow + steps.keys.filter { !known.contains($0) }.sorted()
  }

  /// Writes the members of the result, the steps in an order.
  func write(order: [String], into result: inout ByteBuffer) {
    let totals: [(StaticString, Int64)] = [
      (",\"created\":", created), (",\"completed\":", completed), (",\"deleted\":", deleted),
      (",\"dead\":", dead), (",\"abandoned\":", abandoned),
    ]
    for (name, count) in totals {
      result.writeStaticString(name)
      result.writeDecimal(count)
    }
    result.writeStaticString(",\"steps\":[")
    for (place, id) in order.enumerated() {
      result.writeStaticString(place == 0 ? "{\"id\":" : ",{\"id\":")
      result.writeJSONString(id)
      (steps[id] ?? Step()).write(into: &result)
      result.writeStaticString("}")
    }
    result.writeStaticString("]")
  }
}

extension FlowReport.Step {
  fileprivate func write(into result: inout ByteBuffer) {
    let counts: [(StaticString, Int64)] = [
      (",\"entered\":", entered), (",\"completed\":", completed), (",\"abandoned\":", abandoned),
    ]
    for (name, count) in counts {
      result.writeStaticString(name)
      result.writeDecimal(count)
    }
    for (name, part) in [(",\"medianMs\":", 0.5), (",\"p90Ms\":", 0.9)] as [(StaticString, Double)]
    {
      result.writeStaticString(name)
      if let bucket = DurationBucket.quantile(part, of: times) {
        result.writeDecimal(bucket.middleMs)
      } else {
        result.writeStaticString("null")
      }
    }
    result.writeStaticString(",\"errors\":[")
    let sorted = errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    for (place, (keyword, count)) in sorted.enumerated() {
      result.writeStaticString(place == 0 ? "{\"keyword\":" : ",{\"keyword\":")
      result.writeJSONString(keyword)
      result.writeStaticString(",\"count\":")
      result.writeDecimal(count)
      result.writeStaticString("}")
    }
    result.writeStaticString("]")
  }
}
