internal import Glibc

/// What is wrong with a folder of keys: everything, not only the first thing. Nothing in it comes from
/// a key.
public struct KeyFolderFault: Error, Sendable, Equatable {
  /// One sentence for each thing that is wrong, with the file's path.
  public let complaints: [String]

  init(_ complaints: [String]) { self.complaints = complaints }

  init(_ path: String, _ complaint: String) { complaints = ["\(path) \(complaint)"] }

  init(_ path: String, errno number: Int32, _ what: String) {
    self.init(path, "\(what): \(String(cString: strerror(number)))")
  }
}

extension KeyFolderFault: CustomStringConvertible {
  /// All that is wrong, a line each.
  public var description: String { complaints.joined(separator: "\n") }
}
