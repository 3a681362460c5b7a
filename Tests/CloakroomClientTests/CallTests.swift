import ArgumentParser
import Testing

@testable import CloakroomCommand

@Suite("cloakroom call", .timeLimit(.minutes(1)))
struct CallTests {
  @Test("prints a result as it came into a pipe, and indented on a terminal")
  func layout() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let value = #"{"big":9007199254740993,"exact":1.10,"none":[]}"#
    let written = try Call.outcome(["kv.set", #"{"key":"a","value":\#(value)}"#] + place)
    #expect(written == Outcome(output: Array("{\"ok\":true}\n".utf8)))
    let raw = "{\"found\":true,\"value\":\(value)}\n"
    let pretty = """
      {
        "found": true,
        "value": {
          "big": 9007199254740993,
          "exact": 1.10,
          "none": []
        }
      }

      """
    let get = ["kv.get", #"{"key":"a"}"#] + place
    #expect(try Call.outcome(get).text == raw)
    #expect(try Call.outcome(get, .test(isTerminal: true)).text == pretty)
    #expect(try Call.outcome(get + ["--pretty"]).text == pretty)
    #expect(try Call.outcome(get + ["--raw"], .test(isTerminal: true)).text == raw)
  }

  @Test("takes parameters from an argument, a file and standard input, on however many lines")
  func parameters() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let environment = CommandEnvironment.test(files: [
      "-": "[\n\"a\",\r\n1]\n", "get.json": #"{"key":"a"}"#,
    ])
    #expect(try Call.outcome(["kv.set", "-"] + place, environment).status == .success)
    let found = "{\"found\":true,\"value\":1}\n"
    #expect(try Call.outcome(["kv.get", "@get.json"] + place, environment).text == found)
  }

  @Test("sends notifications, of which nothing comes back")
  func notification() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let sent = try Call.outcome(["kv.set", #"{"key":"a","value":1}"#, "--notify"] + place)
    #expect(sent == Outcome())
    #expect(try Call.outcome(["kv.get", "x", "--notify"] + place).status == .usage)
    #expect(try Call.outcome(["kv.gte", "--notify"] + place).status == .usage)
  }

  @Test(
    "refuses parameters that can't be any method's, before it looks for a sidecar",
    arguments: [
      ("{", "PARAMS: not valid JSON at byte 1"), ("5", "PARAMS: has to be a JSON object or array"),
      ("", "PARAMS: not valid JSON at byte 0"), ("-", "standard input: not valid JSON at byte 7"),
    ])
  func malformed(params: String, complaint: String) throws {
    let outcome = try Call.outcome(["kv.get", params], .test(files: ["-": #"{"key":}"#]))
    #expect(outcome.status == .usage)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.complaint
        == "\(complaint)\nfor example: cloakroom call kv.get '{\"key\":\"user:123\"}'\n")
  }

  @Test("says which file can't be read")
  func missingFile() throws {
    let outcome = try Call.outcome(["kv.get", "@nothing.json"])
    #expect(outcome.status == .noInput)
    #expect(outcome.complaint.hasPrefix("nothing.json can't be read: "))
  }

  @Test("tells an error by its name, and what would have been right")
  func errors() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let wrong = try Call.outcome(["kv.get", #"{"kez":1}"#] + place)
    #expect(wrong.status == .failure)
    #expect(wrong.output.isEmpty)
    #expect(wrong.complaint.hasPrefix("INVALID_PARAMS: unknown parameter \"kez\""))
    let example = try #require(MethodGuess.example(of: "kv.get"))
    #expect(wrong.complaint.hasSuffix("\n\(example)\n"))
    let unknown = try Call.outcome(["kv.gte"] + place)
    #expect(unknown.status == .usage)
    #expect(unknown.complaint.contains("did you mean kv.get?"))
    let taken = try Call.outcome(
      ["kv.set", #"{"key":"a","value":1,"onlyIf":"present"}"#] + place)
    #expect(taken.status == .failure)
    #expect(taken.complaint.hasPrefix("CONFLICT: "))
  }

  @Test(
    "guesses what was meant by a name that is no method's",
    arguments: [
      (
        "get",
        ["batch.get", "cache.get", "counter.get", "flow.get", "kv.get", "session.get"]
      ),
      ("kv.gte", ["kv.get"]),
      ("KV.GET", ["kv.get"]), ("counter.incremnt", ["counter.increment"]), ("nonsense", []),
      ("", []),
    ])
  func guesses(name: String, methods: [String]) {
    #expect(MethodGuess.nearest(to: name) == methods)
  }

  @Test("refuses to print the result of a notification", arguments: ["--raw", "--pretty"])
  func layoutOfNothing(flag: String) {
    #expect(throws: (any Error).self) { try Call.parse(["system.ping", "--notify", flag]) }
  }

  @Test("refuses a patience that is none", arguments: ["0", "-1", "nan", "86401"])
  func patience(seconds: String) {
    #expect(throws: (any Error).self) { try Call.parse(["system.ping", "--timeout=\(seconds)"]) }
  }
}
