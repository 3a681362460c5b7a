internal import CloakroomWire

/// Writes requests (JSON-RPC 2.0, section 4), one a line.
enum RequestLine {
  /// The bytes of a request, or of a notification when there is no id, with the line's end.
  ///
  /// - Parameter params: valid JSON without line breaks.
  static func bytes(id: Int?, method: String, params: [UInt8]?) -> [UInt8] {
    var bytes = Array(#"{"jsonrpc":"2.0","#.utf8)
    if let id { bytes += Array("\"id\":\(id),".utf8) }
    bytes += Array("\"method\":".utf8)
    JSONString.quote(method, into: &bytes)
    if let params {
      bytes += Array(",\"params\":".utf8)
      bytes += params
    }
    bytes += Array("}\n".utf8)
    return bytes
  }
}
