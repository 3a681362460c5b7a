import ArgumentParser
import Cloakroom
import CloakroomMethods

/// Writes the clients' stubs: a typed function for each method, in each client's language.
///
/// It is a tool for those who change the method table, and is not installed.
@main
struct CloakroomStubs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the clients' stubs anew, from the method table.",
    discussion: """
      Run it in the package's folder, after a change to a method's row:

        swift run CloakroomStubs

      EXIT STATUS: 0 they are current; 1 with --check, some are not; 64 wrong usage.
      """)

  @Flag(help: "Write nothing, and name the files that are not what the method table says.")
  var check = false

  @Option(help: ArgumentHelp("The package's folder.", valueName: "folder"))
  var root = "."

  func run() throws {
    let document = try StubDocument(
      MethodReference.json(table: .standard, version: Daemon.version))
    let outdated = StubFile.all(document).filter { !$0.isCurrent(in: root) }
    for file in outdated {
      if !check { try file.write(in: root) }
      print(check ? "\(file.path) is not what the method table says" : "\(file.path) written")
    }
    if check, !outdated.isEmpty { throw ExitCode.failure }
  }
}
