import ArgumentParser
import CloakroomClient
import CloakroomMethods
import CloakroomWire
import Testing

@testable import CloakroomCommand

@Suite("cloakroom methods", .timeLimit(.minutes(1)))
struct MethodsTests {
  private func outcome(_ words: String...) throws -> Outcome {
    try Methods.parse(words).outcome()
  }

  @Test("lists them all, or a namespace's, a line each")
  func list() throws {
    let names = { (text: String) in text.split(separator: "\n").map { $0.prefix { $0 != " " } } }
    let all = MethodTable.standard.names
    #expect(names(try outcome().text).map(String.init) == all)
    let some = names(try outcome("kv").text).map(String.init)
    #expect(some == all.filter { $0.hasPrefix("kv.") })
  }

  @Test("tells parameters, result, errors and an example of one")
  func detail() throws {
    let text = try outcome("kv.set").text
    for part in [
      "kv.set\n  Writes a value.\n", "\n  ttl?", "\nResult\n", "CONFLICT",
      "cloakroom call kv.set '",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("answers the document of rpc.discover, of what was asked for", arguments: ["kv", "kv.get"])
  func document(name: String) throws {
    let text = try outcome(name, "--format", "json")
    let methods = try JSONNode(text.output)["methods"]?.elements.compactMap { $0["name"]?.string }
    let expected = MethodTable.standard.names.filter { $0 == name || $0.hasPrefix(name + ".") }
    #expect(methods == expected)
  }

  @Test("prints Markdown of one without what all share")
  func markdown() throws {
    let text = try outcome("kv.get", "--format", "markdown").text
    #expect(text.hasPrefix("## `kv`\n\n### `kv.get`\n"))
    #expect(!text.contains("traceparent"))
  }

  @Test("says what may have been meant by a name that is none")
  func unknown() throws {
    let wrong = try outcome("kv.gte")
    #expect(wrong.status == .usage)
    #expect(wrong.complaint.contains("kv.get"))
    #expect(throws: (any Error).self) { try Methods.parse(["--format", "xml"]) }
  }

  @Test(
    "are in the completions, as other commands, options and values",
    arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let shell = try #require(CompletionShell(rawValue: shell))
    let script = CloakroomCommand.completionScript(for: shell)
    for word in ["serve", "methods", "pipeline", "kv.set", "markdown"] {
      #expect(script.contains(word), "\(word)")
    }
  }
}
