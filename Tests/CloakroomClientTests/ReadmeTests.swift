import CloakroomClient
import Foundation
import Testing

@testable import CloakroomCommand

/// What the README says twice is held to where it comes from.
@Suite("The README", .timeLimit(.minutes(1)))
struct ReadmeTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let text =
    (try? String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)) ?? ""

  /// What stands between the two comments that mark a generated section.
  private static func section(_ name: String) throws -> String {
    let head = try #require(
      text.range(of: "<!-- \(name): begin -->\n\n"), "\(name) has no beginning")
    let rest = text[head.upperBound...]
    let tail = try #require(rest.range(of: "\n<!-- \(name): end -->"), "\(name) has no end")
    return String(rest[..<tail.lowerBound])
  }

  @Test("has the methods as `cloakroom methods --format markdown` prints them")
  func methods() throws {
    let printed = try Methods.parse(["--format", "markdown"]).outcome()
    #expect(try Self.section("methods") == printed.text)
  }

  @Test("has the settings as `cloakroom settings` prints them")
  func settings() throws {
    #expect(try Self.section("settings") == Settings.parse([]).outcome().text)
  }

  @Test("has every metric, with its type and its help")
  func metrics() throws {
    let sidecar = try SidecarProcess()
    let answer = try Call.outcome(["system.metrics", "--socket", sidecar.socket])
    let page = try #require(try JSONNode(answer.output).string)
    var table = "| metric | type | meaning |\n| --- | --- | --- |\n"
    var help = ""
    for line in page.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3)
      if line.hasPrefix("# HELP ") { help = String(words[3]) }
      if line.hasPrefix("# TYPE ") { table += "| `\(words[2])` | \(words[3]) | \(help) |\n" }
    }
    #expect(try Self.section("metrics") == table)
  }

  @Test("names no file that isn't there")
  func files() throws {
    let code = Self.text.split(separator: "`", omittingEmptySubsequences: false)
    let paths = code.filter { word in
      ["Sources/", "Tests/", "systemd/"].contains { word.hasPrefix($0) }
        && !word.contains(where: \.isWhitespace) && !word.contains("NAME")
    }
    #expect(paths.count > 10)
    for path in paths {
      let file = Self.root.appending(path: String(path)).path
      #expect(FileManager.default.fileExists(atPath: file), "\(path)")
    }
  }

  @Test("names each command, and each exit status that a command may end with")
  func commands() throws {
    for command in CloakroomCommand.configuration.subcommands {
      let name = command._commandName
      #expect(Self.text.contains("| `cloakroom \(name)"), "\(name)")
    }
    for status in ExitStatus.allCases { #expect(Self.text.contains("| \(status.rawValue) |")) }
  }
}
