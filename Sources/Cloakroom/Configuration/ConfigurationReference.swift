/// What can be configured, for people to read: made from the same table that the loader goes by.
public enum ConfigurationReference {
  /// The names of all flags of single settings, without dashes, in the table's order.
  public static var flags: [String] { Setting.table.compactMap(\.flag) }

  /// What a flag of `flags` means, in one sentence, for a command's help; nil for others.
  public static func help(forFlag name: String) -> String? {
    Setting.table.first { $0.flag == name }.map { "\($0.summary) Has to be \($0.takes)." }
  }

  /// A table in Markdown of every setting: its key in the file, its environment variables, its
  /// flag, its default, and what it takes and means.
  public static func markdown() -> String {
    var lines = [
      "| file and `--set` | environment | flag | default | meaning |",
      "| --- | --- | --- | --- | --- |",
    ]
    // The table's own defaults, whatever machine it is printed on.
    let defaults = ConfigurationDraft(processors: .max)
    for setting in Setting.table {
      let variables = [setting.variable, setting.conventional].compactMap { $0 }
      let cells = [
        code(setting.key),
        variables.map(code).joined(separator: ", "),
        setting.flag.map { code("--" + $0) } ?? "",
        setting.show(defaults).map(code) ?? "",
        "\(setting.summary) Takes \(setting.takes).",
      ]
      lines.append("| " + cells.map(escaped).joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func code(_ text: String) -> String { "`\(text)`" }

  private static func escaped(_ cell: String) -> String {
    cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
