import ArgumentParser
import CloakroomTokens
import Foundation

/// Which folder the keys are in; every command about keys asks for it.
struct KeysFolderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The folder of the keys. (default: $CLOAKROOM_KEYS)", valueName: "folder"),
    completion: .directory)
  var keys: String?

  /// The folder, or what to tell somebody who names none.
  func folder() throws -> KeyFolder {
    let variable = ProcessInfo.processInfo.environment["CLOAKROOM_KEYS"] ?? ""
    guard let path = keys ?? (variable.isEmpty ? nil : variable) else {
      throw ValidationError("name the folder of the keys: --keys FOLDER, or $CLOAKROOM_KEYS")
    }
    return KeyFolder(path)
  }
}
