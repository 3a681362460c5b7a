import ArgumentParser
import Testing

@testable import CloakroomCommand

@Suite("The README", .timeLimit(.minutes(1)))
struct ReadmeTests {
  @Test("is short")
  func length() throws {
    #expect(
      try MarkdownPage("README.md").text.split(separator: "\n", omittingEmptySubsequences: false)
        .count <= 251)
  }

  @Test("begins with two commands of at most 100 characters, which do all the set-up")
  func start() throws {
    let first = try #require(try MarkdownPage("README.md").blocks.first)
    #expect(first.lines == ["systemd/quickstart", "Tests/run"])
  }

  @Test("has an article that names each command, and each exit status that a command may end with")
  func commands() throws {
    let text = try MarkdownPage(MarkdownPage.catalog + "/Operate.md").text
    for command in CloakroomCommand.configuration.subcommands
    where command.configuration.shouldDisplay {
      #expect(text.contains("| `cloakroom \(command._commandName)"), "\(command._commandName)")
    }
    for status in ExitStatus.allCases { #expect(text.contains("| \(status.rawValue) |")) }
  }
}
