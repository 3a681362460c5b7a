import ArgumentParser

@testable import CloakroomCommand

extension CommandEnvironment {
  /// A bare one: no variables, no terminal, and only the files that are given.
  static func test(
    variables: [String: String] = [:], isTerminal: Bool = false, files: [String: String] = [:]
  ) -> CommandEnvironment {
    CommandEnvironment(
      variables: variables, userID: 4711, isOutputTerminal: isTerminal,
      isErrorTerminal: isTerminal, read: { files[$0].map { Array($0.utf8) } })
  }
}

extension Outcome {
  /// What goes to standard output, as text.
  var text: String { String(decoding: output, as: UTF8.self) }
}

extension Call {
  /// What `cloakroom call` comes to with these words behind it.
  static func outcome(_ words: [String], _ environment: CommandEnvironment = .test()) throws
    -> Outcome
  {
    try parse(words).outcome(environment)
  }
}
