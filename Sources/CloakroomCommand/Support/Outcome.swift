import ArgumentParser

/// How a command ends: what it prints, and its exit status.
struct Outcome: Equatable {
  /// For standard output.
  var output: [UInt8] = []
  /// Whether what is printed may have anything in it, also for a terminal: its author has seen to that.
  var isVerbatim = false
  /// For standard error.
  var complaint = ""
  /// What state the complaint tells of.
  var complaintColour = Colour.bad
  /// Whether each line of the complaint is one of many, and not what the first says more of.
  var isList = false
  var status = ExitStatus.success

  /// A success with text to print.
  static func success(_ text: String) -> Outcome { Outcome(output: Array(text.utf8)) }

  /// A failure with a text for people; its line's end is added.
  static func failure(_ status: ExitStatus, _ complaint: String) -> Outcome {
    Outcome(complaint: complaint + "\n", status: status)
  }

  /// A success with text to print whose lines have a state, for a terminal with colours.
  ///
  /// - Parameter colour: the state of all of its lines.
  static func success(
    _ text: [UInt8], _ colour: Colour, _ environment: CommandEnvironment
  ) -> Outcome {
    guard environment.hasColours else { return Outcome(output: text) }
    let shown = Colour.painted(Terminal.escaped(text)) { _, _ in colour }
    return Outcome(output: shown, isVerbatim: true)
  }

  /// A failure with many things that are wrong, a line each.
  static func failures(_ status: ExitStatus, _ complaint: String) -> Outcome {
    var outcome = failure(status, complaint)
    outcome.isList = true
    return outcome
  }

  /// What standard error gets: where it has colours, what is wrong has one, and the advice that follows has none.
  func shownComplaint(_ environment: CommandEnvironment) -> [UInt8] {
    let text = Terminal.escaped(Array(complaint.utf8))
    guard environment.hasErrorColours else { return text }
    return Colour.painted(text) { number, _ in
      number == 0 || isList ? complaintColour : nil
    }
  }

  /// Prints everything and ends the command.
  func finish(_ environment: CommandEnvironment = .process) throws {
    let isShown = !isVerbatim && environment.isOutputTerminal
    Terminal.write(isShown ? Terminal.escaped(output) : output, to: .output)
    Terminal.write(shownComplaint(environment), to: .error)
    guard status == .success else { throw ExitCode(status.rawValue) }
  }
}

/// What the command's exit status means; the numbers of sysexits.h, and timeout(1)'s.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  /// The sidecar answered an error, or is degraded.
  case failure = 1
  /// The command line is wrong.
  case usage = 64
  /// A file that was named can't be read.
  case noInput = 66
  /// No sidecar answers.
  case unavailable = 69
  /// A socket or a file that is to be written can't be had.
  case cannotCreate = 73
  /// What answers is no sidecar.
  case `protocol` = 76
  /// There was no answer in time.
  case timeout = 124

  /// The same, for `--help`.
  static let help = """
    EXIT STATUS: 0 done; 1 the sidecar answered an error; 64 wrong usage; 66 a file can't be \
    read; 69 no sidecar answers; 76 what answers is no sidecar; 124 no answer in time.
    """
}
