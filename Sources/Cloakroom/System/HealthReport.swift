internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// The answer of `status.health`.
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
  /// What clients have the sidecar hold.
  let clientBytes: Int
  let clientLimit: Int
  let largestHolder: MemoryAccount.Largest?
  let storeBytes: Int?
  let storeLimit: Int?
  let uptimeMs: Double
  let startedAt: Timestamp
  /// The share of calls that failed, 0 to 1, in a time that has passed.
  let errorRate: Double
  let errorRateOverMs: Double
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
    buffer.writeString(",\"clientBytes\":\(clientBytes),\"clientLimitBytes\":\(clientLimit)")
    if let largestHolder {
      buffer.writeString(
        ",\"largestHolder\":{\"uid\":\(largestHolder.uid),\"pid\":\(largestHolder.pid)"
          + ",\"bytes\":\(largestHolder.bytes)}")
    }
    if let storeBytes { buffer.writeString(",\"storeBytes\":\(storeBytes)") }
    if let storeLimit { buffer.writeString(",\"storeLimitBytes\":\(storeLimit)") }
    buffer.writeString("},\"connections\":\(connections),\"inFlight\":\(inFlight)")
    buffer.writeString(",\"errorRate\":\(rounded(errorRate))")
    buffer.writeString(
      ",\"errorRateOverMs\":\(Int64(errorRateOverMs)),\"uptimeMs\":\(Int64(uptimeMs))")
    buffer.writeStaticString(",\"startedAt\":\"")
    buffer.writeBytes(startedAt.text)
    buffer.writeString("\",\"version\":\"\(version)\"}")
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
}
