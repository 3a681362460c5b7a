internal import CloakroomCore
internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// The answer of `system.health`.
struct HealthReport: Sendable {
  /// One thing that is not well, or that is worth knowing.
  struct Problem: Sendable {
    let what: String
    let reason: String
  }

  let degraded: [Problem]
  /// What is worth knowing though it is as it may be.
  let remarks: [Problem]
  let storeKind: String
  let isStoreUp: Bool
  let roundTripMs: Double?
  let residentBytes: UInt64?
  let storeBytes: Int?
  let storeLimit: Int?
  let uptimeMs: Double
  let startedAtMs: Int64
  let errorRate: Double
  let connections: Int
  let inFlight: Int
  let version: String

  /// Writes the report as JSON.
  func write(to buffer: inout ByteBuffer) {
    buffer.writeString("{\"status\":\"\(degraded.isEmpty ? "ok" : "degraded")\",\"degraded\":[")
    write(degraded, to: &buffer)
    buffer.writeString("],\"remarks\":[")
    write(remarks, to: &buffer)
    buffer.writeString("],\"store\":{\"kind\":\"\(storeKind)\",\"up\":\(isStoreUp)")
    if let roundTripMs { buffer.writeString(",\"roundTripMs\":\(rounded(roundTripMs))") }
    buffer.writeString("},\"memory\":{\"residentBytes\":\(residentBytes ?? 0)")
    if let storeBytes { buffer.writeString(",\"storeBytes\":\(storeBytes)") }
    if let storeLimit { buffer.writeString(",\"storeLimitBytes\":\(storeLimit)") }
    buffer.writeString("},\"connections\":\(connections),\"inFlight\":\(inFlight)")
    buffer.writeString(",\"errorRate\":\(rounded(errorRate)),\"uptimeMs\":\(Int64(uptimeMs))")
    buffer.writeString(",\"startedAt\":\"\(startedAt)\",\"version\":\"\(version)\"}")
  }

  private func write(_ problems: [Problem], to buffer: inout ByteBuffer) {
    for (index, problem) in problems.enumerated() {
      buffer.writeString(index == 0 ? "{\"what\":" : ",{\"what\":")
      buffer.writeJSONString(problem.what)
      buffer.writeString(",\"reason\":")
      buffer.writeJSONString(problem.reason)
      buffer.writeString("}")
    }
  }

  private func rounded(_ number: Double) -> Double { (number * 10_000).rounded() / 10_000 }

  /// RFC 3339, UTC, milliseconds.
  private var startedAt: String {
    var seconds = time_t(startedAtMs / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let milliseconds = String(startedAtMs % 1000 + 1000).dropFirst()
    return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
      + ".\(milliseconds)Z"
  }
}
