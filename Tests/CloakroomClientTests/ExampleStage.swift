import CloakroomClient
import CloakroomMethods
import CloakroomWire
import Testing

@testable import CloakroomCommand

/// A sidecar of its own where an example of the reference finds what it is about.
struct ExampleStage {
  private static let alice = ["kv.set", #"{"key":"user:123","value":{"name":"Alice"}}"#]
  private static let claim = ["claim.once", #"{"key":"nightly-report","owner":"worker-1"}"#]
  private static let signup = [
    "flow.define",
    #"{"name":"signup","steps":[{"id":"account","schema":{"required":["email"]}},{"id":"plan"}]}"#,
  ]
  private static let webhook = [
    "idempotency.begin",
    #"{"key":"stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
  ]
  private static let first = ["kv.set", #"{"key":"user:1","value":{"name":"Alice"}}"#]

  /// What was called before an example, for it to answer what it says.
  private static let before: [String: [String]] = [
    "batch.get": first, "batch.remove": first,
    "claim.inspect": claim, "claim.release": claim, "claim.renew": claim,
    "counter.decrement": ["counter.increment", #"{"key":"credits","by":100}"#],
    "counter.expire": ["counter.increment", #"{"key":"daily-limit"}"#],
    "counter.get": ["counter.increment", #"{"key":"page-views","by":42}"#],
    "counter.reset": ["counter.increment", #"{"key":"page-views"}"#],
    "flow.get": signup, "flow.list": signup, "flow.remove": signup, "flow.stats": signup,
    "idempotency.complete": webhook, "idempotency.fail": webhook, "idempotency.renew": webhook,
    "ratelimit.reset": ["ratelimit.check", #"{"key":"user:17","limit":100,"window":"1m"}"#],
    "kv.exists": alice, "kv.expire": alice, "kv.get": alice, "kv.remove": alice, "kv.touch": alice,
    "dev.scan": first,
    "kv.take": ["kv.set", #"{"key":"ticket:7","value":[1,2]}"#],
  ]

  /// What a sidecar is started with, for an example that needs it.
  private static let options = ["dev.scan": ["--set", "dev.scan=true"]]

  private let method: String
  /// What a command line names the sidecar by.
  private let place: [String]
  private let sidecar: SidecarProcess
  private let keys: ExampleKeys?
  /// The example's parameters, with what is really there in them.
  let params: String

  init(_ method: CloakroomMethods.Method) throws {
    let name = method.name
    keys = try name == "jwt.verify" ? ExampleKeys() : nil
    sidecar = try SidecarProcess(
      Self.options[name] ?? ExampleSession.options(of: name) ?? keys?.options ?? [])
    place = ["--socket", sidecar.socket, "--raw"]
    for before in Self.before[name].map({ [$0] }) ?? ExampleTests.beforeStreams[name] ?? [] {
      #expect(try Call.outcome(before + place).status == .success)
    }
    let own = try ExampleSession.params("\(method.example.params)", of: name, at: place)
    params = try ExampleOperation.params(own, of: name, at: place)
    self.method = name
  }

  /// What the example comes to, with other parameters beside its own.
  func call(with others: String = "") throws -> Outcome {
    try call(method, Self.joined(params, others))
  }

  /// What another call comes to.
  func call(_ method: String, _ params: String) throws -> Outcome {
    try Call.outcome([method, params] + place)
  }

  /// An object with more members.
  static func joined(_ object: String, _ members: String) -> String {
    guard !members.isEmpty else { return object }
    return object == "{}" ? "{\(members)}" : "\(object.dropLast()),\(members)}"
  }
}
