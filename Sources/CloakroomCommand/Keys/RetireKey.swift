import ArgumentParser
import CloakroomTokens

/// `cloakroom keys retire`
struct RetireKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire",
    abstract: "Take a key out of use: its tokens are refused from the next SIGHUP on.",
    discussion: """
      The file stays, as NAME.retired.jwk, until somebody removes it.
      """)

  @OptionGroup var place: KeysFolderOptions

  @Argument(help: "The key's name.")
  var id: String

  func run() throws { try outcome().finish() }

  /// Nothing, or what went wrong.
  func outcome() throws -> Outcome {
    do {
      try place.folder().retire(id)
      return .success("")
    } catch let fault as KeyFolderFault {
      return .failure(.cannotCreate, "\(fault)")
    }
  }
}
