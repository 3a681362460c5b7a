/// One key, and the file that it is in.
public struct KeyFile: Sendable {
  /// The file's path.
  public let path: String
  /// The key.
  public let key: TokenKey
  /// The file's name, taken apart.
  let name: KeyFileName
}
