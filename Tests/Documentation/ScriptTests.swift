import Foundation
import Glibc
import Support
import Testing

@Suite("The scripts beside the units", .timeLimit(.minutes(1)))
struct ScriptTests {
  private static let scripts = MarkdownPage.root.appending(path: "systemd").path

  /// Runs a script with a command that has been built already.
  private static func run(
    _ script: String, _ words: [String] = [], environment: [String]
  ) throws -> (exit: ChildProcess.Exit?, output: String) {
    try Tool.run(
      ["env", "CLOAKROOM=\(Daemon.program)"] + environment + ["\(scripts)/\(script)"] + words)
  }

  /// All files below a folder.
  private static func files(in folder: String) -> Set<String> {
    let found = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    var isFolder: ObjCBool = false
    return Set(
      found.filter {
        FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder)
          && !isFolder.boolValue
      }.map { "/" + $0 })
  }

  @Test("install all that the article lists, keep a configuration, and remove the rest")
  func install() throws {
    let root = try Daemon.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let environment = ["DESTDIR=\(root)"]
    let installed = try Self.run("install", environment: environment)
    #expect(installed.exit == .status(0), "\(installed.output)")
    let files = Self.files(in: root)
    let article = try MarkdownPage(MarkdownPage.catalog + "/Operate.md").text
    for file in files where !file.contains("completion") && !file.contains("functions") {
      let name = file.hasSuffix("cloakroom.socket") ? "`cloakroom.socket`" : "`\(file)`"
      #expect(article.contains(name), "\(file)")
    }
    for completion in ["/etc/bash_completion.d/cloakroom", "/etc/fish/completions/cloakroom.fish"] {
      #expect(TextFile.read(root + completion).contains("kv.set"), "\(completion)")
    }
    #expect(try Tool.run([root + "/usr/local/bin/cloakroom", "--version"]).exit == .status(0))

    let configuration = "/etc/cloakroom/cloakroom.json"
    try TextFile.write("{}", to: root + configuration)
    #expect(try Self.run("install", environment: environment).exit == .status(0))
    #expect(TextFile.read(root + configuration) == "{}")

    #expect(try Self.run("install", ["--remove"], environment: environment).exit == .status(0))
    #expect(Self.files(in: root) == [configuration])
  }

  @Test("start a sidecar in memory, show a first call, and leave one alone that runs")
  func quickstart() throws {
    let folder = try Daemon.makeFolder()
    defer { TemporaryFolder.remove(folder) }
    // It ends by itself, should the test end before.
    let brief = folder + "/brief"
    try TextFile.write("#!/bin/sh\nexec timeout 60 \(Daemon.program) \"$@\"\n", to: brief)
    chmod(brief, 0o755)
    let environment = ["CLOAKROOM=\(brief)", "CLOAKROOM_SOCKET=\(folder)/c.sock"]
    let first = try Self.run("quickstart", environment: environment)
    let id = first.output.firstMatch(of: /To stop it: kill (\d+)/).flatMap { Int32($0.output.1) }
    defer { if let id { kill(id, SIGTERM) } }
    #expect(first.exit == .status(0), "\(first.output)")
    #expect(id != nil, "\(first.output)")
    #expect(first.output.contains(#"{"found":true,"value":{"name":"Alice"}}"#), "\(first.output)")
    let second = try Self.run("quickstart", environment: environment)
    #expect(second.exit == .status(0), "\(second.output)")
    #expect(!second.output.contains("To stop it"))
  }

  @Test("are of a form that bash takes", arguments: ["build", "install", "packages", "quickstart"])
  func syntax(script: String) throws {
    let (exit, output) = try Tool.run(["bash", "-n", "\(Self.scripts)/\(script)"])
    #expect(exit == .status(0), "\(output)")
  }
}
