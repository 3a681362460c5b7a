internal import Glibc
internal import Support

/// A folder that goes when its test does.
final class ScratchFolder: Sendable {
  /// Where it is.
  let path: String

  init() throws { path = try Daemon.makeFolder() }

  deinit { TemporaryFolder.remove(path) }

  /// The path of something in it.
  func callAsFunction(_ name: String) -> String { path + "/" + name }
}
