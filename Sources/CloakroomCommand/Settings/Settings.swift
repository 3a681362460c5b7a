import ArgumentParser
import Cloakroom

/// `cloakroom settings`: the reference of all settings.
struct Settings: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the table of all settings, in Markdown.",
    discussion: """
      The table is the one that the sidecar itself reads its configuration by. \
      `cloakroom serve --check` tells what is wrong with a configuration.

      EXIT STATUS: 0 printed; 64 wrong usage.
      """)

  func run() throws { try outcome().finish() }

  /// The table.
  func outcome() -> Outcome { .success(ConfigurationReference.markdown()) }
}
