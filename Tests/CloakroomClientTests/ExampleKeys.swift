import Foundation

/// The key that the reference's example of a token was signed with, in a folder that goes with it.
final class ExampleKeys {
  private let folder: URL

  /// What a sidecar with the key is started with.
  var options: [String] { ["--keys", folder.path] }

  init() throws {
    folder = URL(filePath: "/tmp/cloakroom-example-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    let key =
      #"{"kty":"oct","kid":"example","alg":"HS256","#
      + #""k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}"#
    _ = FileManager.default.createFile(
      atPath: folder.appending(path: "example.jwk").path, contents: Data(key.utf8),
      attributes: [.posixPermissions: 0o600])
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
