internal import CloakroomWire
internal import NIOCore

/// The header of the signed tokens of one key and one type, as the sidecar writes it.
struct IssuedHeader: Sendable {
  /// The `typ` of a token without a purpose.
  static let plainType = "JWT"

  /// Its JSON.
  let json: ByteBuffer
  /// The part of the token that it is: base64url.
  let segment: ByteBuffer

  /// Writes a header.
  init(_ algorithm: KeyAlgorithm, id: String, type: String) {
    var json = ByteBuffer()
    json.reserveCapacity(64 + id.utf8.count + type.utf8.count)
    json.writeStaticString("{\"alg\":\"")
    json.writeString(algorithm.rawValue)
    json.writeStaticString("\",\"typ\":")
    json.writeJSONString(type)
    json.writeStaticString(",\"kid\":")
    json.writeJSONString(id)
    json.writeStaticString("}")
    self.json = json
    var segment = ByteBuffer()
    json.withUnsafeReadableBytes { segment.writeBase64URL($0) }
    self.segment = segment
  }

  /// Whether it is written exactly so.
  func isWritten(_ other: UnsafeRawBufferPointer) -> Bool {
    segment.withUnsafeReadableBytes { $0.isSame(as: other) }
  }
}
