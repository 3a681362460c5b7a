/// A fresh folder that goes, with the files in it, when nobody holds it any more.
public final class Folder: Sendable {
  /// Where it is; a short path.
  public let path: String

  /// Makes one that every user may look into.
  public init() throws { path = try Daemon.makeFolder() }

  deinit { TemporaryFolder.remove(path) }
}
