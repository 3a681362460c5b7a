/// A script for bash that does what a page's blocks say, one after the other.
///
/// - `sh`: lines to run; none may fail. Comments that follow a command and are JSON are what it prints. A command is
///   a line with those that are indented or end what it has begun.
/// - `console`: a session: after `$ ` a line to run, and below it all that it prints.
/// - `python`, `javascript`: programs, whose last comment is what they print.
/// - Any other block that `<!-- file: NAME -->` stands before is a file in the script's folder.
/// - What `<!-- not run: WHY -->` stands before is left out.
///
/// In what is printed, `…` stands for anything.
struct PageScript {
  /// What a command has to print.
  struct Expectation {
    let text: String
    let place: String
  }

  /// The script.
  private(set) var text = """
    set -Eeuo pipefail
    exec 2>&1
    tell() { echo "the command at $at failed"; }
    trap tell ERR
    status=0

    """
  private(set) var expectations: [Expectation] = []

  init(_ page: MarkdownPage) {
    for block in page.blocks where block.note?.hasPrefix("not run: ") != true {
      text += "at=\(block.place)\n"
      switch block.language {
      case "sh": addLines(block)
      case "console": addSession(block)
      case "python": addProgram(block, "python3 -", comment: "# ")
      case "javascript": addProgram(block, "node --input-type=module -", comment: "// ")
      default:
        guard let note = block.note, note.hasPrefix("file: ") else { continue }
        text += "cat >\(note.dropFirst(6)) <<'END'\n\(block.lines.joined(separator: "\n"))\nEND\n"
      }
    }
  }

  private mutating func addLines(_ block: MarkdownPage.CodeBlock) {
    var command: [String] = []
    var output: [String] = []
    func isContinuation(_ line: String) -> Bool {
      let word = line.prefix { $0 != " " && $0 != ";" }
      return line.hasPrefix(" ") || command.last?.hasSuffix("\\") == true
        || ["done", "else", "esac", "fi", "}"].contains(word)
    }
    for line in block.lines + [""] {
      if line.hasPrefix("# "), let first = line.dropFirst(2).first, "{[\"".contains(first),
        !command.isEmpty
      {
        output.append(String(line.dropFirst(2)))
      } else if output.isEmpty, isContinuation(line) {
        command.append(line)
      } else {
        if output.isEmpty {
          text += command.map { $0 + "\n" }.joined()
        } else {
          expect(output.joined(separator: "\n"), of: command, in: block)
        }
        (command, output) = ([line], [])
      }
    }
  }

  private mutating func addSession(_ block: MarkdownPage.CodeBlock) {
    // A command of a session may fail, and the next one may ask how it ended.
    text += "trap - ERR; set +e\n"
    var command: String?
    var output: [String] = []
    for line in block.lines + ["$ "] {
      guard line.hasPrefix("$ ") else {
        output.append(line)
        continue
      }
      if let command {
        let steps = ["(exit $status)", command, "status=$?"]
        expect(output.joined(separator: "\n"), of: steps, in: block)
      }
      command = String(line.dropFirst(2))
      output = []
    }
    text += "trap tell ERR; set -e\n"
  }

  private mutating func addProgram(
    _ block: MarkdownPage.CodeBlock, _ command: String, comment: String
  ) {
    let program = ["\(command) <<'END'"] + block.lines + ["END"]
    guard let last = block.lines.last, last.hasPrefix(comment) else {
      text += program.map { $0 + "\n" }.joined()
      return
    }
    expect(String(last.dropFirst(comment.count)), of: program, in: block)
  }

  private mutating func expect(
    _ output: String, of command: [String], in block: MarkdownPage.CodeBlock
  ) {
    let number = expectations.count
    text += "printf '\\n@begin \(number)\\n'\n"
    text += command.map { $0 + "\n" }.joined()
    text += "printf '\\n@end \(number)\\n'\n"
    expectations.append(
      Expectation(text: output, place: "\(block.place): \(command.joined(separator: " "))"))
  }

  /// What the command of an expectation printed, out of all that the script did; nil if it wasn't run.
  static func output(_ number: Int, in all: String) -> String? {
    guard let begin = all.firstRange(of: "@begin \(number)\n"),
      let end = all[begin.upperBound...].firstRange(of: "\n@end \(number)\n")
    else { return nil }
    return String(all[begin.upperBound..<end.lowerBound])
  }

  /// Whether a text is what a pattern says, in which `…` stands for anything.
  static func matches(_ text: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "…", omittingEmptySubsequences: false)
    var rest = text.trimmed[...]
    guard let first = parts.first, rest.hasPrefix(first) else { return false }
    rest = rest.dropFirst(first.count)
    guard parts.count > 1, let last = parts.last else { return rest.isEmpty }
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}

extension String {
  /// Without line feeds at its ends.
  fileprivate var trimmed: String {
    var text = self[...]
    while text.last == "\n" { text = text.dropLast() }
    while text.first == "\n" { text = text.dropFirst() }
    return String(text)
  }
}
