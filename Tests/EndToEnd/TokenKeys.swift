import Support
import Testing

/// A folder of keys that the command has made, one of each algorithm, named as the algorithm.
final class TokenKeys: Sendable {
  private let folder: ScratchFolder

  /// Where they are.
  var path: String { folder.path }

  init(_ algorithms: [String]) throws {
    folder = try ScratchFolder()
    for algorithm in algorithms {
      try run("generate", "--algorithm", algorithm, "--id", algorithm)
    }
  }

  /// Runs `cloakroom keys`, and answers what it prints.
  @discardableResult
  func run(_ command: String...) throws -> String {
    let result = try ProgramRun(["keys"] + command, environment: ["CLOAKROOM_KEYS": path])
    try #require(result.exit == .status(0), "\(result.errors)")
    return result.output.split(separator: "\n").joined(separator: "\n")
  }
}
