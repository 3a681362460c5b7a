import CloakroomCore

/// Makes the access log's line of a record: one JSON object with its members in a fixed order.
///
/// What the program itself can say (services, methods, reasons) is made into bytes once; what comes
/// from outside is escaped, so that no client can end a line or forge a member. A call of a method
/// that doesn't exist has neither method nor namespace.
struct AccessLogFormatter {
  /// Namespaces whose keys open what is kept under them; they are logged as hashes whatever the
  /// configuration says.
  static let ticketNamespaces: Set<String> = ["pending", "session", "jwt"]

  /// An upper bound of a line's length in bytes: six strings with every byte escaped, and the rest.
  static let longestLine = 6 * 6 * LineBuffer.longestString + 1_024

  private let hasher: KeyHasher
  private let services: [[UInt8]]
  private let methods: [[UInt8]]
  private let keysInClear: [Bool]
  private let outcomes: [[UInt8]]
  private let namespaces: [Namespace: [UInt8]]
  private let actions: [ExpiryRecord.Action: [UInt8]]
  private let sessionActions: [SessionNote.Action: [UInt8]]
  private var timestamps = TimestampFormatter()

  init(labels: MetricsLabels, namespacesInClear: Set<String>, hasher: KeyHasher) {
    self.hasher = hasher
    services = (labels.services + [MetricsLabels.unknown]).map {
      Self.piece("\",\"service\":", $0, "")
    }
    let namespaces = labels.methods.map(Self.namespace)
    methods =
      zip(labels.methods, namespaces).map { method, namespace in
        Self.piece(",\"method\":", method, "") + Self.piece(",\"ns\":", namespace, "")
      } + [[]]
    let clear = namespacesInClear.subtracting(Self.ticketNamespaces)
    keysInClear = namespaces.map(clear.contains) + [false]
    outcomes = (["ok"] + Reason.allCases.map(\.name)).map {
      Self.piece(",\"outcome\":", $0, ",\"us\":")
    }
    self.namespaces = Self.pieces(Namespace.allCases) {
      Self.piece(",\"ns\":", $0.rawValue, $0 == .session ? ",\"session\":" : ",\"key\":")
    }
    actions = Self.pieces(ExpiryRecord.Action.allCases) {
      Self.piece(",\"action\":", $0.rawValue, "}\n")
    }
    sessionActions = Self.pieces(SessionNote.Action.allCases) {
      Self.piece(",\"action\":", $0.rawValue, "")
    }
  }

  /// Appends one record's line, line feed included.
  mutating func append(_ record: borrowing CallRecord, to line: inout LineBuffer) {
    line.append("{\"time\":\"")
    timestamps.append(nanoseconds: record.startedAt, to: &line)
    line.append(services[Self.slot(record.service, of: services)])
    if let actor = record.actor {
      line.append(",\"actor\":")
      line.append(string: actor)
    }
    line.append(",\"uid\":")
    line.append(decimal: UInt64(record.peer.uid))
    line.append(",\"pid\":")
    line.append(decimal: Int64(record.peer.pid))
    line.append(",\"conn\":")
    line.append(decimal: record.connection)
    if let id = record.id {
      // The id's JSON text as a string: one type for tools that index the log, whatever clients send.
      line.append(",\"id\":")
      line.append(string: id)
    }
    line.append(methods[Self.slot(record.method ?? -1, of: methods)])
    if let session = record.session {
      append(session, &line)
    } else if let key = record.key {
      line.append(",\"key\":")
      append(key: key, inClear: keysInClear[Self.slot(record.method ?? -1, of: keysInClear)], &line)
    }
    if let scope = record.scope {
      line.append(",\"scope\":")
      line.append(string: scope)
    }
    if let ttl = record.ttlMs {
      line.append(",\"ttl_ms\":")
      line.append(decimal: ttl)
    }
    line.append(outcomes[record.failure.map { Int($0.rawValue) + 1 } ?? 0])
    line.append(decimal: record.duration / 1_000)
    line.append(",\"store_us\":")
    line.append(decimal: record.storeDuration / 1_000)
    line.append(",\"in\":")
    line.append(decimal: Int64(record.bytesIn))
    line.append(",\"out\":")
    line.append(decimal: Int64(record.bytesOut))
    if let traceparent = record.traceparent {
      line.append(",\"traceparent\":")
      line.append(string: traceparent)
    }
    line.append("}\n")
  }

  /// Appends the line of what has ended by itself: it has neither caller nor method, but an action.
  mutating func append(_ record: borrowing ExpiryRecord, to line: inout LineBuffer) {
    line.append("{\"time\":\"")
    timestamps.append(nanoseconds: record.foundAt, to: &line)
    line.append(services[Self.slot(record.service, of: services)])
    if let namespace = namespaces[record.namespace] { line.append(namespace) }
    append(key: record.key, inClear: false, &line)
    if let scope = record.scope {
      line.append(",\"scope\":")
      line.append(string: scope)
    }
    if let flow = record.flow {
      line.append(",\"flow\":")
      line.append(string: flow)
    }
    if let step = record.step {
      line.append(",\"step\":")
      line.append(string: step)
    }
    if let action = actions[record.action] { line.append(action) }
  }

  /// Appends what is told of a session: always as a hash, the same as in the line of its end.
  private func append(_ session: SessionNote, _ line: inout LineBuffer) {
    if let ref = session.ref {
      line.append(",\"session\":")
      append(key: ref, inClear: false, &line)
    }
    if let action = sessionActions[session.action] { line.append(action) }
    if let step = session.step {
      line.append(",\"step\":")
      line.append(string: step)
    }
    for (index, warning) in session.warnings.enumerated() {
      line.append(index == 0 ? ",\"warnings\":[" : ",")
      line.append(string: warning)
    }
    if !session.warnings.isEmpty { line.append("]") }
  }

  private func append(key: [UInt8], inClear: Bool, _ line: inout LineBuffer) {
    if inClear {
      // Keys are any bytes; what isn't UTF-8 comes out as U+FFFD.
      line.append(string: String(decoding: key, as: UTF8.self))
    } else if let hash = key.withUnsafeBufferPointer(hasher.hash) {
      line.append(UInt8(ascii: "\""))
      line.append(hexadecimal: hash)
      line.append(UInt8(ascii: "\""))
    } else {
      line.append("null")
    }
  }

  /// The place of an index in a table whose last place is for what has no name.
  private static func slot<Entry>(_ index: Int, of table: [Entry]) -> Int {
    index >= 0 && index < table.count ? index : table.count - 1
  }

  /// The part of a method's name before its point.
  private static func namespace(of method: String) -> String {
    String(method.prefix { $0 != "." })
  }

  /// The pieces of all values of a type.
  private static func pieces<Value: Hashable>(
    _ values: [Value], _ piece: (Value) -> [UInt8]
  ) -> [Value: [UInt8]] {
    Dictionary(values.map { ($0, piece($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// The bytes of a piece of a line that is always the same, with a name in it as a JSON string.
  private static func piece(
    _ before: StaticString, _ name: String, _ after: StaticString
  ) -> [UInt8] {
    var piece = LineBuffer(capacity: 64)
    piece.append(before)
    piece.append(string: name)
    piece.append(after)
    return piece.withBytes { Array($0) }
  }
}
