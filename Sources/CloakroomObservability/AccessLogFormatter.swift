import CloakroomCore

/// Makes the access log's line of a record: one JSON object with its members in a fixed order.
///
/// What the program itself can say (services, methods, reasons) is made into bytes once; what comes
/// from outside is escaped, so that no client can end a line or forge a member.
struct AccessLogFormatter {
  /// Namespaces whose keys open what is kept under them; they are logged as hashes whatever the
  /// configuration says.
  static let ticketNamespaces: Set<String> = ["pending", "session", "jwt"]

  /// An upper bound of a line's length in bytes: five strings with every byte escaped, and the rest.
  static let longestLine = 5 * 6 * JSONText.longestString + 1_024

  private let hasher: KeyHasher
  private let services: [[UInt8]]
  private let methods: [[UInt8]]
  private let keysInClear: [Bool]
  private let outcomes: [[UInt8]]
  private var timestamps = TimestampFormatter()

  init(labels: MetricsLabels, namespacesInClear: Set<String>, hasher: KeyHasher) {
    self.hasher = hasher
    services = (labels.services + [MetricsLabels.unknown]).map { Self.member(",\"service\":", $0) }
    let namespaces = labels.methods.map(Self.namespace)
    methods = zip(labels.methods, namespaces).map { method, namespace in
      Self.member(",\"method\":", method) + Self.member(",\"ns\":", namespace)
    }
    let clear = namespacesInClear.subtracting(Self.ticketNamespaces)
    keysInClear = namespaces.map(clear.contains)
    outcomes = (["ok"] + Reason.allCases.map(\.name)).map { Self.member(",\"outcome\":", $0) }
  }

  /// Appends one record's line, line feed included.
  mutating func append(_ record: borrowing CallRecord, to line: inout [UInt8]) {
    line.append(contentsOf: "{\"time\":\"".utf8)
    timestamps.append(nanoseconds: record.startedAt, to: &line)
    line.append(UInt8(ascii: "\""))
    let service = record.service
    line.append(
      contentsOf: services[services.indices.contains(service) ? service : services.count - 1])
    if let actor = record.actor { Self.append(",\"actor\":", actor, &line) }
    Self.append(",\"uid\":", UInt64(record.peer.uid), &line)
    Self.append(",\"pid\":", Int64(record.peer.pid), &line)
    Self.append(",\"conn\":", record.connection, &line)
    // The id's JSON text as a string: one type for whoever indexes the log, whatever clients send.
    if let id = record.id { Self.append(",\"id\":", id, &line) }
    if let method = record.method, methods.indices.contains(method) {
      line.append(contentsOf: methods[method])
    }
    if let key = record.key { append(key: key, of: record.method, &line) }
    if let scope = record.scope { Self.append(",\"scope\":", scope, &line) }
    if let ttl = record.ttlMs { Self.append(",\"ttl_ms\":", ttl, &line) }
    line.append(contentsOf: outcomes[record.failure.map { Int($0.rawValue) + 1 } ?? 0])
    Self.append(",\"us\":", record.duration / 1_000, &line)
    Self.append(",\"store_us\":", record.storeDuration / 1_000, &line)
    Self.append(",\"in\":", Int64(record.bytesIn), &line)
    Self.append(",\"out\":", Int64(record.bytesOut), &line)
    if let traceparent = record.traceparent { Self.append(",\"traceparent\":", traceparent, &line) }
    line.append(contentsOf: "}\n".utf8)
  }

  private func append(key: [UInt8], of method: Int?, _ line: inout [UInt8]) {
    line.append(contentsOf: ",\"key\":".utf8)
    if let method, keysInClear.indices.contains(method), keysInClear[method] {
      // Keys are any bytes; what isn't UTF-8 comes out as U+FFFD.
      JSONText.append(string: String(decoding: key, as: UTF8.self), to: &line)
    } else if let hash = key.withUnsafeBufferPointer(hasher.hash) {
      line.append(UInt8(ascii: "\""))
      JSONText.appendHex(hash, to: &line)
      line.append(UInt8(ascii: "\""))
    } else {
      line.append(contentsOf: "null".utf8)
    }
  }

  private static func append(_ name: StaticString, _ value: String, _ line: inout [UInt8]) {
    append(name, &line)
    JSONText.append(string: value, to: &line)
  }

  private static func append(_ name: StaticString, _ value: UInt64, _ line: inout [UInt8]) {
    append(name, &line)
    JSONText.append(value, to: &line)
  }

  private static func append(_ name: StaticString, _ value: Int64, _ line: inout [UInt8]) {
    append(name, &line)
    JSONText.append(value, to: &line)
  }

  private static func append(_ name: StaticString, _ line: inout [UInt8]) {
    name.withUTF8Buffer { line.append(contentsOf: $0) }
  }

  private static func member(_ name: StaticString, _ value: String) -> [UInt8] {
    var text: [UInt8] = []
    append(name, value, &text)
    return text
  }

  /// The part of a method's name before its point.
  private static func namespace(of method: String) -> String {
    String(method.prefix { $0 != "." })
  }
}
