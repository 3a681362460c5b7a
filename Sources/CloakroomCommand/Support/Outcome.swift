import ArgumentParser

/// How a command ends: what it prints, and its exit status.
struct Outcome: Equatable {
  /// For standard output.
  var output: [UInt8] = []
  /// For standard error.
  var complaint = ""
  var status = ExitStatus.success

  /// A success with text to print.
  static func success(_ text: String) -> Outcome { Outcome(output: Array(text.utf8)) }

  /// A failure with a text for people; its line's end is added.
  static func failure(_ status: ExitStatus, _ complaint: String) -> Outcome {
    Outcome(complaint: complaint + "\n", status: status)
  }

  /// Prints everything and ends the command.
  func finish() throws {
    Terminal.write(output, to: .output)
    Terminal.write(Array(complaint.utf8), to: .error)
    guard status == .success else { throw ExitCode(status.rawValue) }
  }
}
