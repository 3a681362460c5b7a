/// All that is known of one call once it has ended, refused ones included.
///
/// The access log and the metrics are both made from records and from nothing else. Keys are in a
/// record in clear and leave it as keyed hashes; values, tokens and secrets are never in one.
public struct CallRecord: Sendable {
  /// When the call's first byte had been read, in nanoseconds since 1970 (UTC).
  public var startedAt: Int64
  /// From the request's first byte to the reply being ready, in nanoseconds.
  public var duration: UInt64
  /// Of that, how long the call waited for the store, in nanoseconds; 0 when it didn't.
  public var storeDuration: UInt64
  /// Who called.
  public var peer: Peer
  /// The service that admission gave the caller: an index into the configured service names.
  public var service: Int
  /// Which connection of this run it came over.
  public var connection: UInt64
  /// The request's id as the JSON text it came as; nil for a notification.
  public var id: String?
  /// The method: an index into the method table's names, or nil when there is no such method.
  public var method: Int?
  /// The caller's own key, without prefix, in clear; nil when the method has none or no log is kept.
  public var key: [UInt8]?
  /// Which session it was about, and what was done with it; nil for any other call.
  public var session: SessionNote?
  /// The scope's keys, outermost first, joined with `/`; their ids stay out of the log.
  public var scope: String?
  /// The life that the call gave to what it wrote, in milliseconds.
  public var ttlMs: Int64?
  /// Who acts, in the application's own words.
  public var actor: String?
  /// The W3C trace context that the call carried.
  public var traceparent: String?
  /// How it ended: nil is success.
  public var failure: Reason?
  /// The request's length in bytes.
  public var bytesIn: Int
  /// The reply's length in bytes; 0 for a notification.
  public var bytesOut: Int

  /// Describes a call that has ended.
  @inlinable
  public init(
    startedAt: Int64, duration: UInt64, storeDuration: UInt64 = 0, peer: Peer, service: Int,
    connection: UInt64, id: String? = nil, method: Int?, key: [UInt8]? = nil,
    session: SessionNote? = nil, scope: String? = nil, ttlMs: Int64? = nil, actor: String? = nil,
    traceparent: String? = nil,
    failure: Reason?, bytesIn: Int, bytesOut: Int
  ) {
    self.startedAt = startedAt
    self.duration = duration
    self.storeDuration = storeDuration
    self.peer = peer
    self.service = service
    self.connection = connection
    self.id = id
    self.method = method
    self.key = key
    self.session = session
    self.scope = scope
    self.ttlMs = ttlMs
    self.actor = actor
    self.traceparent = traceparent
    self.failure = failure
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
  }
}
