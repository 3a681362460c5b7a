import CloakroomClient
import CloakroomWire
import Testing

@testable import CloakroomCommand

/// A pending operation for an example that names one: no example can know its token.
enum ExampleOperation {
  private static let token = "cks_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
  private static let receipt = "ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
  private static let id = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

  /// An example's parameters with those of a real operation in place of the example's own.
  static func params(
    _ params: String, of method: String, at place: [String]
  ) throws -> String {
    guard method.hasPrefix("pending."), params.contains(token) || params.contains(id) else {
      return params
    }
    func call(_ method: String, _ params: String) throws -> JSONNode {
      let outcome = try Call.outcome([method, params] + place)
      try #require(outcome.status == .success, "\(outcome.complaint)")
      return try JSONNode(Array(outcome.text.utf8))
    }
    let type = params.contains("\"form\"") ? "form" : "registration"
    let created = try call(
      "pending.create",
      #"{"operationType":"\#(type)","data":{"email":"alice@example.com"},"backend":"store","maxAttempts":\#(method == "pending.reopen" ? 1 : 10)}"#
    )
    let real = try #require(created["token"]?.string)
    var params = params.replacing(token, with: real)
    params = params.replacing(id, with: try #require(created["id"]?.string))
    guard params.contains(receipt) || method == "pending.reopen" else { return params }
    let target = #"{"token":"\#(real)","operationType":"\#(type)""#
    let lease = try call("pending.checkout", target + "}")
    let held = try #require(lease["receipt"]?.string)
    if method == "pending.reopen" {
      _ = try call("pending.release", target + #","receipt":"\#(held)"}"#)
    }
    return params.replacing(receipt, with: held)
  }
}
