import Cloakroom
import CloakroomMethods
import Foundation
import Support
import Testing

@testable import CloakroomStubs

@Suite("The clients' stubs", .timeLimit(.minutes(1)))
struct StubFileTests {
  /// The package's own folder.
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private static func document() throws -> StubDocument {
    try StubDocument(MethodReference.json(table: .standard, version: Daemon.version))
  }

  @Test("are as `Tests/write-reference` writes them")
  func current() throws {
    for file in StubFile.all(try Self.document()) {
      // Apart, so that a failure doesn't print the file.
      let isCurrent = file.isCurrent(in: Self.root)
      #expect(
        isCurrent, "\(file.path) is not what the method table says: run Tests/write-reference")
    }
  }

  @Test("have each method of the table, by threads and by asyncio, with each of its parameters")
  func complete() throws {
    let text = PythonStubs.text(try Self.document())
    for method in MethodTable.standard.methods {
      #expect(text.contains("\n    \"\(method.name)\": \""), "\(method.name)")
      let calls = text.components(separatedBy: "self._call(\"\(method.name)\", params, common)")
      #expect(
        calls.count - 1 == (PythonStubs.byHand.contains(method.name) ? 0 : 2), "\(method.name)")
      guard !PythonStubs.byHand.contains(method.name) else { continue }
      // The method's own part, up to its call: what sets each parameter is in it.
      let body = try #require(calls[0].components(separatedBy: "    def ").last)
      for parameter in method.parameters {
        let isSet =
          parameter.isRequired
          ? body.contains("\"\(parameter.name)\": ")
          : body.contains("params[\"\(parameter.name)\"] = ")
        #expect(isSet, "\(method.name) \(parameter.name)")
      }
    }
  }

  @Test("have each method of the table in Node's client, with each of its parameters")
  func completeInNode() throws {
    let text = NodeStubs.text(try Self.document())
    for method in MethodTable.standard.methods {
      #expect(text.contains("\n  [\"\(method.name)\", \""), "\(method.name)")
      let calls = text.components(separatedBy: "this.invoke(\"\(method.name)\", ")
      #expect(
        calls.count - 1 == (NodeStubs.byHand.contains(method.name) ? 0 : 1), "\(method.name)")
      let options = try #require(
        text.components(separatedBy: "/** What `\(method.name)` may be given. */").last?
          .components(separatedBy: "/** What `\(method.name)` answers. */").first)
      for parameter in method.parameters {
        // The call's object begins with what is required.
        let isGiven =
          parameter.isRequired
          ? calls.count == 1
            || calls[1].components(separatedBy: "}").first?.contains("\(parameter.name)") == true
          : options.contains("\n  \(parameter.name)?: ")
        #expect(isGiven, "\(method.name) \(parameter.name)")
      }
    }
  }

  @Test("are current only to the last byte, and are written whole")
  func files() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let file = StubFile(path: "stubs.py", text: "a = 1\n")
    #expect(!file.isCurrent(in: folder))
    try file.write(in: folder)
    #expect(file.isCurrent(in: folder))
    for other in ["a = 1", "a = 1\n\n", "a = 2\n", ""] {
      try StubFile(path: file.path, text: other).write(in: folder)
      #expect(!file.isCurrent(in: folder), "\(other)")
    }
    #expect(throws: (any Error).self) {
      try StubFile(path: "none/stubs.py", text: "").write(in: folder)
    }
  }

  @Test(
    "are not made from what is no description of methods",
    arguments: [
      "", "[]", "{}", #"{"methods":[{}]}"#, #"{"methods":[{"name":"kv"}]}"#,
      #"{"methods":[{"name":"kv.get","summary":"s","x-effect":"read"}]}"#,
      #"{"methods":[{"name":"kv.get","summary":"s","result":{"schema":true}}]}"#,
    ])
  func faults(text: String) {
    #expect(throws: StubFault.self) { try StubDocument(text) }
  }
}
