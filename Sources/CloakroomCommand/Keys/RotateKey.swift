import ArgumentParser
import CloakroomTokens

/// `cloakroom keys rotate`
struct RotateKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Make a new key of the same kind; the old one only verifies from then on.",
    discussion: """
      Then send the sidecar SIGHUP (systemctl reload). Tokens of the old key verify until it is \
      retired: wait for as long as the longest of them lives.
      """)

  @OptionGroup var place: KeysFolderOptions

  @Argument(help: "The name of an active key.")
  var id: String

  func run() throws { try outcome().finish() }

  /// The new key's name, or what went wrong.
  func outcome() throws -> Outcome {
    do {
      let file = try place.folder().rotate(id)
      return .success("\(file.key.id)\n")
    } catch let fault as KeyFolderFault {
      return .failure(.cannotCreate, "\(fault)")
    }
  }
}
