import FoundationEssentials

/// A file of stubs, as it is to be.
struct StubFile: Equatable {
  /// Where it belongs, from the package's folder.
  let path: String
  /// All that is in it.
  let text: String

  /// The files of all clients.
  static func all(_ document: StubDocument) -> [StubFile] {
    [
      StubFile(path: PythonStubs.path, text: PythonStubs.text(document)),
      StubFile(path: NodeStubs.path, text: NodeStubs.text(document)),
    ]
  }

  /// Whether it is there, to the last byte.
  func isCurrent(in root: String) -> Bool {
    (try? Data(contentsOf: place(in: root))) == Data(text.utf8)
  }

  /// Writes it, whole or not at all. Its folder has to be there: a folder that was made by a wrong `--root`
  /// would be taken for a client's.
  func write(in root: String) throws {
    try Data(text.utf8).write(to: place(in: root), options: .atomic)
  }

  private func place(in root: String) -> URL {
    URL(filePath: root, directoryHint: .isDirectory).appending(path: path)
  }
}
