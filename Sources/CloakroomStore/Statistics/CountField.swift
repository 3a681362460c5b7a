internal import CloakroomCore

/// What is counted of a flow in an hour: the fields of its hash, behind the version and a bar.
package enum CountField: Sendable, Hashable {
  case created, completed, deleted, dead, reopened
  case entered(String)
  case done(String)
  case abandoned(String)
  /// How many completed a step in a time.
  case time(String, bucket: DurationBucket)
  /// How often a step was refused, and by which keyword of its schema.
  case error(String, keyword: String)

  /// The field's name for a version: `<version>|<what>[|<step>[|<bucket or keyword>]]`.
  package func text(_ version: Int64) -> String {
    switch self {
    case .created: "\(version)|created"
    case .completed: "\(version)|completed"
    case .deleted: "\(version)|deleted"
    case .dead: "\(version)|dead"
    case .reopened: "\(version)|reopened"
    case .entered(let step): "\(version)|entered|\(StatisticsText.encoded(step))"
    case .done(let step): "\(version)|done|\(StatisticsText.encoded(step))"
    case .abandoned(let step): "\(version)|abandoned|\(StatisticsText.encoded(step))"
    case .time(let step, let bucket):
      "\(version)|time|\(StatisticsText.encoded(step))|\(bucket.number)"
    case .error(let step, let keyword):
      "\(version)|error|\(StatisticsText.encoded(step))|\(StatisticsText.encoded(keyword))"
    }
  }

  /// Reads a field's name; nil for what is none.
  package static func read(_ text: String) -> (version: Int64, field: CountField)? {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count >= 2, let version = Int64(parts[0]) else { return nil }
    let step = parts.count > 2 ? PercentEncoding.decoded(parts[2]) : nil
    let field: CountField? =
      switch (parts[1], parts.count) {
      case ("created", 2): .created
      case ("completed", 2): .completed
      case ("deleted", 2): .deleted
      case ("dead", 2): .dead
      case ("reopened", 2): .reopened
      case ("entered", 3): step.map { .entered($0) }
      case ("done", 3): step.map { .done($0) }
      case ("abandoned", 3): step.map { .abandoned($0) }
      case ("time", 4):
        step.flatMap { step in
          Int(parts[3]).flatMap { DurationBucket(number: $0) }.map { .time(step, bucket: $0) }
        }
      case ("error", 4): step.map { .error($0, keyword: PercentEncoding.decoded(parts[3])) }
      default: nil
      }
    return field.map { (version, $0) }
  }
}
