/// One parameter of a method, as the table describes it.
public struct Parameter: Sendable {
  /// The member's name in `params`.
  public let name: StaticString
  /// Its JSON Schema.
  public let schema: StaticString
  /// Whether a call without it is refused.
  public let isRequired: Bool
  /// What it means, with its default.
  public let summary: StaticString
  /// Whether `true` makes what the call does last as long as its connection, as
  /// `Method.endsWithConnection` says of a method.
  public let endsWithConnection: Bool

  init(
    _ name: StaticString, _ schema: StaticString, required: Bool = false,
    endsWithConnection: Bool = false, _ summary: StaticString
  ) {
    self.name = name
    self.schema = schema
    self.isRequired = required
    self.summary = summary
    self.endsWithConnection = endsWithConnection
  }
}

extension Parameter {
  static let key = Parameter(
    "key", #"{"type":"string","minLength":1}"#, required: true, "The key, at most 1,024 bytes.")
  static let ttl = Parameter(
    "ttl", #"{"type":["integer","string","null"]}"#,
    #"Seconds, or a string with a unit ("500ms", "90s", "30m", "24h", "7d"); null is for ever, where the configuration allows it. "keep" leaves what there is of a life as it is, "reset" begins the default one anew. Default: keys.defaultTTL of the configuration, 24h."#
  )
  static let requiredTTL = Parameter(
    "ttl", #"{"type":["integer","string","null"]}"#, required: true,
    #"Seconds, or a string with a unit ("500ms", "90s", "30m", "24h", "7d"); null is for ever, where the configuration allows it; "reset" begins the default life anew, "keep" changes nothing."#
  )
  /// What every method takes beside its own parameters, by name only.
  static let common: [Parameter] = [
    Parameter(
      "scope",
      #"{"type":"array","items":{"type":"object","properties":{"key":{"type":"string"},"id":{"type":["string","integer"]}},"required":["key","id"],"additionalProperties":false}}"#,
      "Whose data this is, outermost first. An id that is a whole number is the same as its decimal text."
    ),
    Parameter("actor", #"{"type":"string"}"#, "Who acts; goes to the access log."),
    Parameter(
      "deadlineMs", #"{"type":"integer","minimum":1}"#,
      "The caller's patience in milliseconds; past it the call answers DEADLINE_EXCEEDED."),
    Parameter(
      "traceparent", #"{"type":"string"}"#, "W3C trace context; goes to the access log."),
    Parameter(
      "idempotencyKey", #"{"type":"string","minLength":1,"maxLength":256}"#,
      "A name for this very call, at most 256 bytes: repeated with the same name and parameters, it does nothing twice and answers as the first time; with others, IDEMPOTENCY_MISMATCH. Where nothing is changed there is nothing for it to do; what lasts as long as the connection (a bound claim, a subscription) takes none: INVALID_PARAMS."
    ),
    Parameter(
      "idempotencyTtl", #"{"type":["integer","string"]}"#,
      #"How long the answer is kept for a repetition with the same idempotencyKey: seconds, or a string with a unit ("30s", "24h"). It goes with an idempotencyKey only. Default: idempotency.ttl of the configuration, 24h."#
    ),
  ]
}
