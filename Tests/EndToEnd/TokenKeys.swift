import Glibc
import Support
import Synchronization
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

  /// What was made once in a run, by the algorithm's name.
  private static let made = Mutex<[String: String]>([:])

  /// Copies of keys that are the same in all of a run: making them takes longer than most tests.
  init(copiesOf algorithms: [String]) throws {
    folder = try ScratchFolder()
    for algorithm in algorithms {
      let name = algorithm + ".jwk"
      let text = try Self.made.withLock { made in
        if let text = made[algorithm] { return text }
        let keys = try TokenKeys([algorithm])
        let text = withExtendedLifetime(keys) { TextFile.read(keys.folder(name)) }
        made[algorithm] = text
        return text
      }
      try TextFile.write(text, to: folder(name))
      #expect(chmod(folder(name), 0o600) == 0)
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
