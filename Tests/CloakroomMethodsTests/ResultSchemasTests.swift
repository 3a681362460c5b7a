import CloakroomMethods
import Testing

@testable import Support

@Suite("What tests hold results against", .timeLimit(.minutes(1)))
struct ResultSchemasTests {
  @Test(
    "is the schema of the method, with no members but those that it names",
    arguments: [
      ("kv.get", #"{"found":true,"value":[1]}"#, nil),
      ("kv.get", #"{"found":true}"#, "kv.get answers / against /required"),
      ("kv.get", #"{"found":1,"value":2}"#, "kv.get answers /found against /properties/found/type"),
      ("kv.get", #"{"found":true,"value":1,"more":2}"#, "kv.get answers /more against "),
      ("kv.exists", "1", "kv.exists answers / against /type"),
      (
        "pending.dead", #"{"operations":[{"id":7}],"cursor":null}"#,
        "pending.dead answers /operations/0"
      ),
      ("kv.set", #"{"ok":false}"#, "kv.set answers /ok against /properties/ok/const"),
      ("jwt.verify", #"{"claims":{"any":1},"header":{"alg":"HS256"}}"#, nil),
      ("kv.get", #"{"found":true,"value":1e400}"#, nil),
      ("no.method", "1", nil),
    ])
  func faults(method: String, result: String, fault: String?) {
    let faults = ResultSchemas.faults(of: result.utf8, of: method)
    if let fault {
      #expect(faults.contains { $0.hasPrefix(fault) }, "\(faults)")
    } else {
      #expect(faults == [])
    }
  }

  @Test("is told to be wrong itself when it is no schema")
  func wrongSchema() {
    let faults = ResultSchemas.faults(of: "1".utf8, by: #"{"type":"thing"}"#, of: "a.b")
    #expect(faults.count == 1 && faults[0].hasPrefix("the schema of a.b's result: "), "\(faults)")
  }

  @Test(
    "is found by the request's id, however requests and replies come",
    arguments: [
      [#"{"jsonrpc":"2.0","id":"x","method":"kv.exists","params":["a"]}"# + "\n"],
      [#"{"jsonrpc":"2.0","method":"kv.exis"#, #"ts","id":"x","params":["a"]}"#],
      ["[5,", #"{"method":"system.ping","id":1},{"id":"x","method":"kv.exists"}]"#, "\n"],
      ["nonsense\n", "\r\n" + #"{"id":"x","method":"kv.exists"}"# + "\n"],
      ["Content-Length: 32\r\n", "\r\n" + #"{"id":"x", "method":"kv.exists"}"#],
    ],
    [#"{"jsonrpc":"2.0","id":"x","result":"#, #"[{"jsonrpc":"2.0","id":"x","result":"#])
  func conversation(pieces: [String], head: String) {
    let tail = head.hasPrefix("[") ? "}]" : "}"
    var conversation = Conversation()
    for piece in pieces { conversation.send(piece.utf8) }
    var wrong = conversation
    conversation.receive((head + "true" + tail).utf8)
    withKnownIssue {
      wrong.receive((head + "7" + tail).utf8)
    } matching: { issue in
      issue.comments.contains { $0.rawValue.hasPrefix("kv.exists answers / against /type") }
    }
    // It has been answered.
    withKnownIssue { conversation.receive((head + "true" + tail).utf8) }
  }

  @Test("is that of one of the requests which have the same id, as long as they are open")
  func sameID() {
    var conversation = Conversation()
    conversation.send((LineClient.request("kv.exists") + LineClient.request("system.ping")).utf8)
    conversation.receive(#"{"jsonrpc":"2.0","id":1,"result":"pong"}"#.utf8)
    var refused = conversation
    withKnownIssue { conversation.receive(#"{"jsonrpc":"2.0","id":1,"result":"pong"}"#.utf8) }
    refused.receive(#"{"jsonrpc":"2.0","id":1,"error":{}}"#.utf8)
    withKnownIssue { refused.receive(#"{"jsonrpc":"2.0","id":1,"result":true}"#.utf8) }
  }

  @Test("is fit by the example of each method", arguments: MethodTable.standard.methods.map(\.name))
  func examples(name: String) throws {
    let method = try #require(MethodTable.standard.methods.first { $0.name == name })
    // What is never the same twice is left out of an example.
    let result = "\(method.example.result)".replacing("20…", with: "2026-01-01T00:00:00.000Z")
    #expect(ResultSchemas.faults(of: result.utf8, of: name) == [])
  }
}
