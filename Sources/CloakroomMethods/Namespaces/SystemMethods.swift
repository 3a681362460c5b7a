internal import CloakroomCore

/// `system.*` and `rpc.*`: questions about the sidecar itself.
enum SystemMethods {
  static let all = [ping, hello, cancel, health, metrics, discover]

  static let ping = Method(
    "system.ping", "Answers \"pong\", without asking the store.", [], result: #"{"const":"pong"}"#,
    effect: .read,
    example: ("{}", #""pong""#), .system { _ throws(RPCError) in .ping })

  static let hello = Method(
    "system.hello",
    "Tells who the caller is to the sidecar, and picks one of the services that the policy allows it; without a policy, a service of any name of 1 to 64 of A-Z a-z 0-9 . _ -. Answers the limits as well: the bytes of a request (frameBytes), of a reply, a key, a record's data and a token, the members of a batch, how deep JSON may be nested, and how many calls of the connection may be under way before it is read no further.",
    [
      Parameter(
        "service", #"{"type":"string"}"#, "The service to act for on this connection from now on."),
      Parameter(
        "client", #"{"type":"string"}"#,
        "The client's own name, for the operator's log at level debug."),
    ],
    result:
      #"{"type":"object","properties":{"service":{"type":"string"},"services":{"type":"array","items":{"type":"string"}},"server":{"type":"string"},"version":{"type":"string"},"store":{"enum":["memory","redis"]},"uid":{"type":"integer"},"gid":{"type":"integer"},"pid":{"type":"integer"},"limits":{"type":"object","properties":{"frameBytes":{"type":"integer"},"replyBytes":{"type":"integer"},"keyBytes":{"type":"integer"},"recordBytes":{"type":"integer"},"tokenBytes":{"type":"integer"},"batchLength":{"type":"integer"},"depth":{"type":"integer"},"inFlight":{"type":"integer"}},"required":["frameBytes","replyBytes","keyBytes","recordBytes","tokenBytes","batchLength","depth","inFlight"]}},"required":["service","services","server","version","store","uid","gid","pid","limits"]}"#,
    reasons: [.forbidden],
    effect: .connection,
    example: (
      #"{"client":"billing/1.4"}"#,
      #"{"service":"default","services":["default"],"server":"cloakroom","version":"0.1.0","store":"memory","uid":1000,"gid":1000,"pid":4711,"limits":{"frameBytes":4194304,"replyBytes":16777216,"keyBytes":1024,"recordBytes":8388608,"tokenBytes":65536,"batchLength":1000,"depth":128,"inFlight":1024}}"#
    ),
    .system { arguments throws(RPCError) in
      .hello(
        service: arguments.has(0) ? try arguments.string(0, "service", longest: 64) : nil,
        client: arguments.has(1) ? try arguments.string(1, "client", longest: 128) : nil)
    })

  static let cancel = Method(
    "system.cancel",
    "Ends a call of the same connection that still waits: for a claim, a message, a value, or its turn. That call answers CANCELLED when nothing of it is done, and nothing held any more. Tells whether there was one; one that has been answered, or has sent a change which can't be taken back, goes on, and is ended when that has come to nothing and it would wait.",
    [
      Parameter(
        "id", #"{"type":["string","number","null"]}"#, required: true,
        "The call's id, spelled as it was sent.")
    ],
    result:
      #"{"type":"object","properties":{"cancelled":{"type":"boolean"}},"required":["cancelled"]}"#,
    // Another connection may have given the id to another call.
    effect: .connection,
    example: (#"{"id":7}"#, #"{"cancelled":false}"#),
    .system { arguments throws(RPCError) in
      switch arguments.kind(0) {
      case .string, .number, .null: .cancel(id: try arguments.value(0, "id"))
      default: throw RPCError(.invalidParams, "id is a string, a number or null")
      }
    })

  static let health = Method(
    "system.health",
    "Tells how the sidecar is, and the reason for each thing that is not well: the store and its round trip, memory (in all, what clients have the sidecar hold beside the store and who most of it, and the store's), the share of calls that failed and over which time (about the last minute). Remarks are things worth knowing that nothing is wrong with.",
    [],
    result:
      #"{"type":"object","properties":{"status":{"enum":["ok","degraded"]},"degraded":{"type":"array","items":{"type":"object","properties":{"what":{"type":"string"},"reason":{"type":"string"}},"required":["what","reason"]}},"remarks":{"type":"array","items":{"type":"object","properties":{"what":{"type":"string"},"reason":{"type":"string"}},"required":["what","reason"]}},"store":{"type":"object","properties":{"kind":{"enum":["memory","redis"]},"up":{"type":"boolean"},"roundTripMs":{"type":"number"}},"required":["kind","up"]},"memory":{"type":"object","properties":{"residentBytes":{"type":"integer"},"clientBytes":{"type":"integer"},"clientLimitBytes":{"type":"integer"},"largestHolder":{"type":"object","properties":{"uid":{"type":"integer"},"pid":{"type":"integer"},"bytes":{"type":"integer"}},"required":["uid","pid","bytes"]},"storeBytes":{"type":"integer"},"storeLimitBytes":{"type":"integer"}},"required":["residentBytes","clientBytes","clientLimitBytes"]},"connections":{"type":"integer"},"inFlight":{"type":"integer"},"errorRate":{"type":"number"},"errorRateOverMs":{"type":"integer"},"uptimeMs":{"type":"integer"},"startedAt":{"type":"string","format":"date-time"},"version":{"type":"string"}},"required":["status","degraded","remarks","store","memory","connections","inFlight","errorRate","errorRateOverMs","uptimeMs","startedAt","version"]}"#,
    effect: .read,
    example: (
      "{}",
      #"{"status":"ok","degraded":[],"remarks":[],"store":{"kind":"memory","up":true,"roundTripMs":0.001},"memory":{"residentBytes":41943040,"clientBytes":0,"clientLimitBytes":268435456,"storeBytes":0,"storeLimitBytes":268435456},"connections":1,"inFlight":1,"errorRate":0,"errorRateOverMs":5000,"uptimeMs":5000,"startedAt":"20…","version":"0.1.0"}"#
    ),
    .system { _ throws(RPCError) in .health })

  static let metrics = Method(
    "system.metrics", "Answers the metrics in Prometheus' text format, as one string.", [],
    result: #"{"type":"string"}"#,
    effect: .read,
    example: ("{}", ##""# HELP cloakroom_calls_total Calls that ended, by outcome; …""##),
    .system { _ throws(RPCError) in .metrics })

  static let discover = Method(
    "rpc.discover", "Answers this reference as an OpenRPC 1.3 document.", [],
    result: #"{"type":"object","required":["openrpc","info","methods"]}"#,
    effect: .read,
    example: ("{}", #"{"openrpc":"1.3.2","info":{"title":"Cloakroom"},"methods":[]}"#),
    .system { _ throws(RPCError) in .discover })
}
