import ArgumentParser
import CloakroomCore
import CloakroomTokens
import FoundationEssentials
import NIOCore

/// `cloakroom keys jwks`
struct PublicKeys: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jwks",
    abstract: "Write the public keys as a JSON Web Key Set, for verifying tokens elsewhere.",
    discussion: """
      The same as the method jwt.jwks answers. With --output the file is there as a whole or not at \
      all, and anybody may read it: for a web server to serve as /.well-known/jwks.json.
      """)

  @OptionGroup var place: KeysFolderOptions

  @Option(
    help: ArgumentHelp("Where to write it. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  func run() throws { try outcome().finish() }

  /// The key set, or what went wrong.
  func outcome() throws -> Outcome {
    let text: String
    do {
      guard let ring = try KeyFolder.ring(of: [place.folder()]) else {
        return .failure(.noInput, "there is no key")
      }
      text = String(buffer: try ring.publicKeySet()) + "\n"
    } catch let fault as KeyFolderFault {
      return .failure(.noInput, "\(fault)")
    } catch let error as RPCError {
      return .failure(.failure, error.message)
    }
    guard let output else { return .success(text) }
    do {
      try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: output)
      return .success("")
    } catch {
      return .failure(.cannotCreate, "\(output) can't be written")
    }
  }
}
