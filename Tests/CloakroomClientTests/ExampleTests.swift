import CloakroomClient
import CloakroomMethods
import CloakroomWire
import Testing

@testable import CloakroomCommand

@Suite("The reference's examples", .timeLimit(.minutes(1)))
struct ExampleTests {
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

  @Test("are what the sidecar answers", arguments: MethodTable.standard.names)
  func answer(name: String) throws {
    let method = try #require(MethodTable.standard.methods.first { $0.name == name })
    let keys = try name == "jwt.verify" ? ExampleKeys() : nil
    let sidecar = try SidecarProcess(
      Self.options[name] ?? ExampleSession.options(of: name) ?? keys?.options ?? [])
    let place = ["--socket", sidecar.socket, "--raw"]
    for before in Self.before[name].map({ [$0] }) ?? Self.beforeStreams[name] ?? [] {
      #expect(try Call.outcome(before + place).status == .success)
    }
    defer { withExtendedLifetime(keys) {} }
    let own = try ExampleSession.params("\(method.example.params)", of: name, at: place)
    let params = try ExampleOperation.params(own, of: name, at: place)
    let outcome = try Call.outcome([name, params] + place)
    #expect(outcome.status == .success, "\(outcome.complaint)")
    let expected = "\(method.example.result)"
    guard Self.isDifferentEachTime(method) else {
      #expect(outcome.text == expected + "\n")
      return
    }
    let answer = try JSONNode(Array(outcome.text.utf8))
    #expect(Self.differences(of: answer, from: try JSONNode(Array(expected.utf8)), at: "$") == [])
  }

  /// Whether an answer is never the same twice, and only its form is: what a sidecar tells of itself,
  /// and what holds a time, which an example leaves open with an ellipsis.
  private static func isDifferentEachTime(_ method: CloakroomMethods.Method) -> Bool {
    if case .system = method.work { return true }
    if changing.contains(method.name) { return true }
    return "\(method.example.result)".contains("…")
  }

  /// Where an answer lacks something of the example, or has something of another kind there.
  private static func differences(
    of answer: JSONNode, from example: JSONNode, at path: String
  ) -> [String] {
    switch example.kind {
    case .object:
      return example.members.flatMap { member in
        let place = "\(path).\(member.name)"
        guard let value = answer[member.name] else { return ["\(place) is missing"] }
        return differences(of: value, from: member.value, at: place)
      }
    case .string:
      let text = example.string ?? ""
      guard text.hasSuffix("…") else { break }
      let matches = answer.string?.hasPrefix(text.dropLast()) == true
      return matches ? [] : ["\(path) begins otherwise"]
    default:
      break
    }
    return answer.kind == example.kind ? [] : ["\(path) is of another kind"]
  }
}
