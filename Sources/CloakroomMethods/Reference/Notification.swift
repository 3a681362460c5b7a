/// What the sidecar sends a client unasked, as `rpc.discover` describes it.
struct Notification {
  let name: StaticString
  let summary: StaticString
  /// The JSON Schema of its `params`.
  let schema: StaticString

  static let all = [message, gap, ended]

  private static let message = Notification(
    name: "events.message",
    summary:
      "An event of a subscription: the envelope that it was published in, or what another program has published, as data.",
    schema:
      #"{"type":"object","properties":{"subscription":{"type":"string"},"type":{"type":"string"},"data":true,"timestamp":{"type":"string","format":"date-time"},"scope":{"type":"array","items":{"type":"object","properties":{"key":{"type":"string"},"id":{"type":"string"}},"required":["key","id"]}},"actor":{"type":"string"}},"required":["subscription","data"]}"#
  )
  private static let gap = Notification(
    name: "events.gap",
    summary:
      "Events of a subscription may be missing here; dropped is how many, where that is known.",
    schema:
      #"{"type":"object","properties":{"subscription":{"type":"string"},"reason":{"enum":["overflow","reconnected"]},"dropped":{"type":"integer"}},"required":["subscription","reason"]}"#
  )
  private static let ended = Notification(
    name: "events.ended",
    summary:
      "A subscription has ended without being asked to: the policy or the store lets the connection listen there no longer.",
    schema:
      #"{"type":"object","properties":{"subscription":{"type":"string"},"reason":{"enum":["policy","refused"]}},"required":["subscription","reason"]}"#
  )
}
