import CloakroomCore

/// What a line of the access log is made of.
protocol AccessLogRecord: Sendable {
  /// What the record's strings weigh against the limit of bytes.
  var weight: Int { get }
  /// Records that were handed over together.
  static func batch(_ records: [Self]) -> AccessLogBatch
}

/// Records that were handed over together, all of one kind.
enum AccessLogBatch: Sendable {
  /// Calls that have ended.
  case calls([CallRecord])
  /// What has ended by itself.
  case expiries([ExpiryRecord])

  /// How many they are.
  var count: Int {
    switch self {
    case .calls(let records): records.count
    case .expiries(let records): records.count
    }
  }
}

extension CallRecord: AccessLogRecord {
  var weight: Int {
    var bytes = 64
    if let id { bytes += id.utf8.count }
    if let key { bytes += key.count }
    if let session { bytes += (session.ref?.count ?? 0) + (session.step?.utf8.count ?? 0) }
    if let scope { bytes += scope.utf8.count }
    if let actor { bytes += actor.utf8.count }
    if let traceparent { bytes += traceparent.utf8.count }
    return bytes
  }

  static func batch(_ records: [Self]) -> AccessLogBatch { .calls(records) }
}

extension ExpiryRecord: AccessLogRecord {
  var weight: Int {
    64 + key.count + [scope, flow, step].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
  }

  static func batch(_ records: [Self]) -> AccessLogBatch { .expiries(records) }
}
