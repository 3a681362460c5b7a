import ArgumentParser
import Cloakroom
import CloakroomCore
import CloakroomMethods
import CloakroomWire
import Glibc

/// `cloakroom flows check`
struct CheckFlows: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check files that define flows; no sidecar is needed.",
    discussion: """
      Prints a line for each file: the flow and its steps, or what is wrong and where.

      EXAMPLES:
        cloakroom flows check flows/*.json
        cloakroom flows check - < project-wizard.json

      EXIT STATUS: 0 all are good; 64 one is wrong, or wrong usage; 66 a file can't be read.
      """)

  @Argument(
    help: ArgumentHelp("The files; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var files: [String]

  @Flag(help: "Print a line of JSON for each file.")
  var json = false

  func run() throws { try outcome(.process).finish() }

  /// What is in the files, or wrong with them.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    var outcome = Outcome()
    var good: [UInt8] = []
    for path in files {
      guard let text = environment.read(path) else {
        outcome.complaint += "\(path): can't be read: \(SystemError.text(errno))\n"
        outcome.status = .noInput
        continue
      }
      do throws(ConfigurationFault) {
        let flow = try FlowFolder.compile(text, path, defaultTTL: .day)
        good += Array(line(path, flow).utf8)
      } catch {
        outcome.complaint += "\(error)\n"
        if outcome.status == .success { outcome.status = .usage }
      }
    }
    let shown = Outcome.success(good, .good, environment)
    (outcome.output, outcome.isVerbatim) = (shown.output, shown.isVerbatim)
    outcome.isList = true
    return outcome
  }

  private func line(_ path: String, _ flow: FlowFile) -> String {
    guard json else {
      return "\(path): \(flow.name) is good: \(flow.steps.joined(separator: ", "))\n"
    }
    var text: [UInt8] = Array("{\"file\":".utf8)
    JSONString.quote(path, into: &text)
    text += Array(",\"name\":\"\(flow.name)\",\"steps\":[".utf8)
    // Names have nothing in them that has a meaning in JSON.
    text += Array(flow.steps.map { "\"\($0)\"" }.joined(separator: ",").utf8)
    return String(decoding: text, as: UTF8.self) + "]}\n"
  }
}
