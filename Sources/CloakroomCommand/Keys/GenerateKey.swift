import ArgumentParser
import CloakroomTokens

/// `cloakroom keys generate`
struct GenerateKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make a key.",
    discussion: """
      HS256, HS384 and HS512 are fast, and every verifier can sign as well. EdDSA, ES256, ES384, \
      RS256 and PS256 have a public half for others (`cloakroom keys jwks`). A256GCM seals.

      Made by root, it belongs to the owner of the folder.

      Where several machines share keys: make the key --verify-only, bring it to all of them, and \
      only then rename its file to NAME.jwk everywhere.
      """)

  @OptionGroup var place: KeysFolderOptions

  @Option(
    help: ArgumentHelp(
      "One of " + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "alg"),
    completion: .list(KeyAlgorithm.allCases.map(\.rawValue)))
  var algorithm = KeyAlgorithm.hs256.rawValue

  @Option(
    help: ArgumentHelp(
      "The key's name: 1 to 64 of A-Z a-z 0-9 _ -. (default: the time)", valueName: "name"))
  var id: String?

  @Option(
    help: ArgumentHelp(
      "The size of an RSA key: 2048, 3072 or 4096. (default: 2048)", valueName: "bits"))
  var bits: Int?

  @Flag(help: "A key that signs nothing yet.")
  var verifyOnly = false

  func run() throws { try outcome().finish() }

  /// The key's name, or what went wrong.
  func outcome() throws -> Outcome {
    guard let algorithm = KeyAlgorithm(rawValue: algorithm) else {
      return .failure(
        .usage,
        "--algorithm is one of "
          + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard bits == nil || algorithm.takesBits else {
      return .failure(.usage, "--bits is for an RSA key: \(algorithm.rawValue) keys have one size")
    }
    guard [2048, 3072, 4096].contains(bits ?? 2048) else {
      return .failure(.usage, "--bits is 2048, 3072 or 4096")
    }
    do {
      let file = try place.folder().generate(
        algorithm, id: id, state: verifyOnly ? .verifyOnly : .active, rsaBits: bits ?? 2048)
      return .success("\(file.key.id)\n")
    } catch let fault as KeyFolderFault {
      return .failure(.cannotCreate, "\(fault)")
    }
  }
}
