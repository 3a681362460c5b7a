import Foundation
import Testing

/// What all tests are held to, by reading them.
@Suite("The tests", .timeLimit(.minutes(1)))
struct TestSourcesTests {
  /// A file of Swift below Tests.
  struct Source: Sendable, CustomStringConvertible {
    let description: String
    let text: String

    /// The texts of an attribute's or trait's arguments, one for each place where it stands.
    func arguments(of name: String) -> [String] {
      text.ranges(of: name).map { range in
        let rest = text[range.upperBound...]
        guard rest.first == "(" else { return "" }
        var depth = 0
        let end = rest.firstIndex { character in
          depth += character == "(" ? 1 : character == ")" ? -1 : 0
          return depth == 0
        }
        return String(rest[..<(end ?? rest.endIndex)])
      }
    }
  }

  static let sources: [Source] = {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let names = FileManager.default.enumerator(atPath: tests.path)?.compactMap { $0 as? String }
    return (names ?? []).filter {
      $0.hasSuffix(".swift") && !$0.hasSuffix("TestSourcesTests.swift")
    }
    .sorted().map { name in
      let text = try? String(contentsOf: tests.appending(path: name), encoding: .utf8)
      return Source(description: name, text: text ?? "")
    }
  }()

  @Test("are all read here")
  func found() {
    #expect(Self.sources.count > 200)
    #expect(!Self.sources.contains { $0.text.isEmpty })
  }

  @Test("are in suites, and each of those has a time limit", arguments: sources)
  func timeLimits(_ source: Source) {
    let suites = source.arguments(of: "@Suite")
    #expect(!suites.isEmpty || !source.text.contains("@Test"))
    for suite in suites { #expect(suite.contains(".timeLimit("), "@Suite\(suite))") }
  }

  @Test("say why one is skipped", arguments: sources)
  func reasons(_ source: Source) {
    let text = source.text
    #expect(!text.contains(".disabled("), "what is not run is not a test")
    for condition in source.arguments(of: ".enabled") {
      #expect(condition.hasSuffix("\""), ".enabled\(condition))")
    }
  }

  @Test("wait in one way, which can't be ignored", arguments: sources)
  func waits(_ source: Source) {
    let text = source.text
    if source.description != "Support/Eventually.swift" {
      #expect(!text.contains("func eventually"))
      #expect(!text.contains("usleep("))
    }
    #expect(!text.contains("try? eventually") && !text.contains("try? await eventually"))
    #expect(!text.contains("_ = becomesTrue") && !text.contains("_ = try becomesTrue"))
  }

  @Test("take nothing from the machine's environment, and give none of it on", arguments: sources)
  func environment(_ source: Source) {
    let foreign = [
      "getenv(", "processInfo.environment", " Process()", "posix_spawnp(", "popen(",
      "NSHomeDirectory",
    ]
    #expect(foreign.filter { source.text.contains($0) } == [])
  }
}
