import CloakroomCore
import CloakroomObservability

/// What the tests of this target call services and methods.
let testLabels = MetricsLabels(
  services: ["shop", "back \"office\"\\\n"], methods: ["kv.get", "kv.set", "pending.create"])

extension CallRecord {
  /// A call as the tests need it: everything that isn't said is small and plain.
  static func test(
    startedAt: Int64 = 0, duration: UInt64 = 20_000, storeDuration: UInt64 = 0, service: Int = 0,
    id: String? = nil, method: Int? = 0, key: [UInt8]? = nil, scope: String? = nil,
    ttlMs: Int64? = nil, actor: String? = nil, traceparent: String? = nil, failure: Reason? = nil
  ) -> CallRecord {
    CallRecord(
      startedAt: startedAt, duration: duration, storeDuration: storeDuration,
      peer: Peer(uid: 1000, gid: 100, pid: 4242), service: service, connection: 7, id: id,
      method: method, key: key, scope: scope, ttlMs: ttlMs, actor: actor,
      traceparent: traceparent, failure: failure, bytesIn: 60, bytesOut: 40)
  }
}
