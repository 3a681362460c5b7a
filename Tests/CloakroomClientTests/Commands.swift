import ArgumentParser
import Support

@testable import CloakroomCommand

extension Surroundings {
  /// Nothing around: no environment, no terminal, and only the files that are given.
  static func test(
    environment: [String: String] = [:], isTerminal: Bool = false, files: [String: String] = [:]
  ) -> Surroundings {
    Surroundings(
      environment: environment, userID: 4711, isOutputTerminal: isTerminal,
      isErrorTerminal: isTerminal, read: { files[$0].map { Array($0.utf8) } })
  }
}

extension Outcome {
  /// What goes to standard output, as text.
  var text: String { String(decoding: output, as: UTF8.self) }
}

extension Call {
  /// What `cloakroom call` comes to with these words behind it; a result is held against the schema of
  /// its method.
  static func outcome(_ words: [String], _ surroundings: Surroundings = .test()) throws -> Outcome {
    let call = try parse(words)
    let outcome = call.outcome(surroundings)
    if outcome.status == .success, !outcome.output.isEmpty {
      ResultSchemas.check(outcome.output, of: call.method)
    }
    return outcome
  }
}
