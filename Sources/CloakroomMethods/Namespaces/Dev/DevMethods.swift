internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// `dev.*`: what helps in development.
enum DevMethods {
  static let all = [scan]

  /// How long a pattern is at most, in bytes.
  private static let longestPattern = 256
  /// How many names one call looks at, at most.
  private static let mostNames: Int64 = 1000

  static let scan = Method(
    "dev.scan",
    "Lists keys of the caller's own service and scope, a part with each call; off unless the setting dev.scan is on. A key that is there all the while comes at least once; a part may be empty before the last.",
    [
      Parameter(
        "pattern", #"{"type":"string","maxLength":256,"default":"*"}"#,
        "What the key behind its namespace has to be; * stands for anything, nothing else does. Default: *."
      ),
      Parameter(
        "cursor", #"{"type":["string","null"]}"#,
        "The cursor of the answer before. Default: from the beginning."),
      Parameter(
        "count", #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#,
        "How many keys of the whole store to look at, about; 1000 at most. Default: 100."),
      Parameter(
        "namespace", #"{"type":"string"}"#, "The one namespace to look in, as kv. Default: all."),
    ],
    result:
      #"{"type":"object","properties":{"keys":{"type":"array","items":{"type":"string"}},"cursor":{"type":["string","null"]}},"required":["keys","cursor"]}"#,
    reasons: [.forbidden],
    effect: .read,
    example: (#"{"pattern":"user:*"}"#, #"{"keys":["kv:user:1"],"cursor":null}"#),
    .procedure { arguments throws(RPCError) in
      guard arguments.settings.allowScan else {
        throw RPCError(
          .forbidden, "dev.scan is off; the setting dev.scan turns it on (--set dev.scan=true)")
      }
      let filter = try filter(&arguments)
      let position = try arguments.position(1)
      let count = arguments.has(2) ? try arguments.integer(2, "count") : 100
      guard (1...mostNames).contains(count) else {
        throw RPCError(.invalidParams, "count is between 1 and \(mostNames)")
      }
      return .ask(ScanNames(prefix: filter.prefix, from: position, count: Int(count))) {
        found, _, result in
        write(found.names.compactMap { filter.key(in: $0.bytes) }, next: found.next, into: &result)
        return nil
      }
    })

  private static func filter(_ arguments: inout Arguments) throws(RPCError) -> ScanFilter {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    let pattern =
      arguments.has(0) ? try arguments.string(0, "pattern", longest: longestPattern) : "*"
    var namespace: Namespace?
    if arguments.has(3) {
      namespace = Namespace(rawValue: try arguments.string(3, "namespace", longest: 64))
      guard namespace?.isListed == true else {
        let names = Namespace.allCases.filter(\.isListed).map(\.rawValue)
        throw RPCError(.invalidParams, "namespace is one of \(names.joined(separator: ", "))")
      }
    }
    var head = ByteBuffer()
    try permit.keySpace.writeHead(scope: arguments.scope, into: &head)
    return ScanFilter(head: head, namespace: namespace, pattern: Glob(pattern))
  }

  private static func write(_ keys: [ByteBuffer], next: UInt64, into result: inout ByteBuffer) {
    result.writeStaticString("{\"keys\":[")
    for (index, key) in keys.enumerated() {
      if index > 0 { result.writeStaticString(",") }
      result.writeJSONString(key.readableBytesSpan)
    }
    result.writeStaticString("],\"cursor\":")
    if next == 0 {
      result.writeStaticString("null")
    } else {
      result.writeStaticString("\"")
      result.writeString(ScanCursor(position: next).text)
      result.writeStaticString("\"")
    }
    result.writeStaticString("}")
  }
}
