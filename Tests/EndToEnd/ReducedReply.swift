internal import Foundation

/// A reply as a specification states it: of an error only the code is left.
enum ReducedReply {
  /// The reply, or each member of a batch's, as JSON with sorted names.
  ///
  /// - Returns: what isn't a JSON-RPC 2.0 reply stands as it is.
  static func all(_ text: String) -> [String] {
    let json = try? JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let batch = json as? [Any] else { return [one(json, text)] }
    return batch.map { one($0, text) }
  }

  private static func one(_ json: Any?, _ text: String) -> String {
    guard let reply = json as? [String: Any], reply.count == 3, reply["id"] != nil,
      reply["jsonrpc"] as? String == "2.0"
    else { return text }
    var reduced = reply
    reduced["jsonrpc"] = nil
    if let error = reply["error"] as? [String: Any] {
      guard error["message"] is String else { return text }
      reduced["error"] = error["code"]
    }
    let data = try? JSONSerialization.data(withJSONObject: reduced, options: .sortedKeys)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? text
  }
}
