import ArgumentParser
import CloakroomTokens
import FoundationEssentials

/// `cloakroom keys`: the keys that tokens are signed and sealed with.
struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make, list, rotate and retire the keys of tokens.",
    discussion: """
      A key is a file in a folder: NAME.jwk (or NAME.pem) is active, it signs and verifies; \
      NAME.verify-only.jwk only verifies; NAME.retired.jwk is not used any more. A sidecar reads the \
      folder when it starts and on SIGHUP.

      EXAMPLES:
        cloakroom keys generate --keys /etc/cloakroom/keys
        cloakroom keys generate --keys /etc/cloakroom/keys --algorithm A256GCM
        cloakroom keys list --keys /etc/cloakroom/keys
        cloakroom keys rotate --keys /etc/cloakroom/keys 20260101-120000-Q3dR
        cloakroom keys retire --keys /etc/cloakroom/keys 20260101-120000-Q3dR

      EXIT STATUS: 0 done; 64 wrong usage; 66 the folder or a key in it can't be used, and every \
      fault was listed; 73 a file can't be written.
      """,
    subcommands: [
      GenerateKey.self, ListKeys.self, RotateKey.self, RetireKey.self, PublicKeys.self,
    ])
}

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
    return KeyFolder(path, isForItsOwner: true)
  }
}
