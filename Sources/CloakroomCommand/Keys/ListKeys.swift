import ArgumentParser
import CloakroomTokens

/// `cloakroom keys list`
struct ListKeys: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the keys, without their secrets.",
    discussion: """
      Of several active keys that sign, the last one does when a call names none.
      """)

  @OptionGroup var place: KeysFolderOptions

  func run() throws { try outcome().finish() }

  /// The list, or what is wrong with the folder.
  func outcome() throws -> Outcome {
    do {
      let files = try place.folder().read()
      let rows =
        [["KID", "ALG", "STATE", "FILE"]]
        + files.map { [$0.key.id, $0.key.algorithm.rawValue, $0.key.state.rawValue, $0.path] }
      let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
      let lines = rows.map { row in
        zip(row, widths).map { $0.padding(to: $1) }.joined(separator: "  ") + "  " + row[3]
      }
      return .success(lines.joined(separator: "\n") + "\n")
    } catch let fault as KeyFolderFault {
      return .failure(.noInput, "\(fault)")
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
}
