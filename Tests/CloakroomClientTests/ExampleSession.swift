import CloakroomClient
import CloakroomWire
import Testing

@testable import CloakroomCommand

/// A session for an example that names one: no example can know its id.
enum ExampleSession {
  private static let id = "7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50"
  private static let ref = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
  private static let receipt = "ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

  /// What a sidecar is started with, so that a session is dead when it could not be saved once.
  static func options(of method: String) -> [String]? {
    isAboutDead(method) ? ["--set", "pending.maxAttempts=1"] : nil
  }

  private static func isAboutDead(_ method: String) -> Bool {
    method == "session.dead" || method == "session.reopen"
  }

  /// An example's parameters with those of a real session in place of the example's own.
  static func params(
    _ params: String, of method: String, at place: [String]
  ) throws -> String {
    guard method.hasPrefix("session."), method != "session.create" else { return params }
    func call(_ method: String, _ params: String) throws -> JSONNode {
      let outcome = try Call.outcome([method, params] + place)
      try #require(outcome.status == .success, "\(outcome.complaint)")
      return try JSONNode(Array(outcome.text.utf8))
    }
    let draft = #"{"data":{"projectName":"Harbour"},"principal":"user_123"}"#
    if method == "session.deleteAll" {
      for _ in 0..<2 { _ = try call("session.create", draft) }
    }
    let created = try call("session.create", draft)
    let real = try #require(created["sessionId"]?.string)
    _ = try call("session.completeStep", #"{"sessionId":"\#(real)","step":"details"}"#)
    var params = params.replacing(id, with: real)
    params = params.replacing(ref, with: try #require(created["ref"]?.string))
    guard params.contains(receipt) || isAboutDead(method) else { return params }
    let lease = try call("session.checkout", #"{"sessionId":"\#(real)"}"#)
    let held = try #require(lease["receipt"]?.string)
    if isAboutDead(method) {
      _ = try call(
        "session.release",
        #"{"sessionId":"\#(real)","receipt":"\#(held)","error":"the database is read-only"}"#)
    }
    return params.replacing(receipt, with: held)
  }
}
