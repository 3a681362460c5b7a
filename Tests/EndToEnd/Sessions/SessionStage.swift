import Foundation
import Support
import Testing

/// Sidecars of one store, in which people go through a wizard.
final class SessionStage {
  /// Where sessions are kept.
  enum Store: String, CaseIterable, CustomTestStringConvertible {
    case memory, redis
    var testDescription: String { rawValue }
  }

  let redis: RedisServer?
  let daemons: [Daemon]
  let logs: [ObservationLog]
  let client: LineClient
  private let keys: TokenKeys

  /// Starts sidecars; in memory there is one.
  init(_ store: Store = .memory, sidecars: Int = 1, _ options: [String] = []) throws {
    let redis = store == .redis ? try RedisServer() : nil
    let keys = try TokenKeys(copiesOf: ["A256GCM", "HS256"])
    var daemons: [Daemon] = []
    var logs: [ObservationLog] = []
    for _ in 0..<(store == .redis ? sidecars : 1) {
      let log = ObservationLog(in: try Folder())
      logs.append(log)
      let options =
        [
          "--access-log", log.path, "--keys", keys.path, "--set", "pending.sweepInterval=100ms",
        ] + options
      daemons.append(
        try redis.map { try RedisSidecar.start($0.socketPath, loops: 2, options) }
          ?? Daemon(options))
    }
    self.redis = redis
    self.keys = keys
    self.daemons = daemons
    self.logs = logs
    client = try daemons[0].readyClient()
    for daemon in daemons { _ = try daemon.readyClient() }
  }

  /// The seed's wizard of four steps.
  static let wizard = #"""
    {"name":"project","steps":[
      {"id":"details","title":"Project details","schema":{"type":"object","required":["projectName","buildingType","squareFootage"],"properties":{
        "projectName":{"type":"string","minLength":1,"maxLength":100},"buildingType":{"type":"string","minLength":1},
        "squareFootage":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1000000},
        "clientEmail":{"anyOf":[{"const":""},{"type":"string","format":"email"}]},"budget":{"type":"number","minimum":0}}}},
      {"id":"requirements","title":"Requirements","dependsOn":["/buildingType"],"schema":{"required":["documents"],"properties":{"documents":{"type":"array","minItems":1,
        "items":{"type":"object","required":["format","size"],"properties":{"format":{"enum":["pdf","docx"]},"size":{"type":"integer","minimum":1,"maximum":10485760}}}}}}},
      {"id":"sources","title":"Data sources","schema":{"required":["aiSourcing"],"properties":{"aiSourcing":{"type":"boolean"}}}},
      {"id":"review","title":"Review"}],
     "schema":{"properties":{"priority":{"enum":["low","medium","high"]}}}}
    """#

  /// What each step is completed with.
  static let steps: [(id: String, patch: String)] = [
    (
      "details",
      #"{"projectName":"Harbour","buildingType":"office","squareFootage":12000,"clientEmail":""}"#
    ),
    ("requirements", #"{"documents":[{"format":"pdf","size":1000}]}"#),
    ("sources", #"{"aiSourcing":true}"#),
    ("review", "{}"),
  ]

  /// Defines a flow.
  func define(_ definition: String = SessionStage.wizard) throws {
    let answer = try client.call("flow.define", Self.line(definition))
    #expect(answer["version"] is Int, "\(answer)")
  }

  /// A definition in one line, as requests are.
  static func line(_ text: String) -> String { text.replacing("\n", with: " ") }

  /// Begins a session.
  func begin(_ members: String = #""flow":"project""#) throws -> SessionVisitor {
    let answer = try client.call("session.create", "{\(members)}")
    let id = try #require(answer["sessionId"] as? String, "\(answer)")
    let ref = try #require(answer["ref"] as? String)
    return SessionVisitor(id: id, ref: ref, client: client)
  }

  /// One who can submit.
  func finished() throws -> SessionVisitor {
    let visitor = try begin()
    for step in Self.steps { try visitor.complete(step.id, step.patch) }
    return visitor
  }
}

/// Somebody with a session, in one tab.
struct SessionVisitor {
  let id: String
  let ref: String
  let client: LineClient

  /// A call on the session.
  @discardableResult
  func call(_ method: String, _ members: String = "") throws -> Answer {
    let more = members.isEmpty ? "" : "," + members
    return try client.call("session.\(method)", #"{"sessionId":"\#(id)"\#(more)}"#)
  }

  func get() throws -> Answer { try call("get") }
  @discardableResult
  func update(_ patch: String, _ more: String = "") throws -> Answer {
    try call("update", #""patch":\#(patch)\#(more.isEmpty ? "" : "," + more)"#)
  }
  /// Completes a step, which must be so.
  @discardableResult
  func complete(_ step: String, _ patch: String = "{}") throws -> Answer {
    let answer = try call("completeStep", #""step":"\#(step)","patch":\#(patch)"#)
    #expect(answer.result != nil, "\(answer)")
    return answer
  }
  /// The same session in another tab, of another sidecar perhaps.
  func tab(_ daemon: Daemon) throws -> SessionVisitor {
    SessionVisitor(id: id, ref: ref, client: try daemon.client())
  }
}

extension Answer {
  /// What to do about an error.
  var recovery: String? { detail("recovery") as? String }
  /// How each step stands, by a letter.
  var letters: String {
    let steps = self["steps"] as? [[String: Any]] ?? []
    return steps.compactMap { ($0["status"] as? String)?.prefix(1) }.joined()
  }
  /// The ids of the completed steps.
  var completed: [String] { self["completedSteps"] as? [String] ?? [] }
}
