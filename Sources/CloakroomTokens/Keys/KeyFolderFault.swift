internal import CloakroomCore

/// What is wrong with a folder of keys: everything, not only the first thing. Nothing in it comes from
/// a key.
public struct KeyFolderFault: Error, Sendable, Equatable {
  /// One thing that is wrong.
  public struct Complaint: Sendable, Equatable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What is wrong with it: a sentence that goes on behind its name.
    public let message: String

    /// The sentence.
    public var description: String { "\(path) \(message)" }
  }

  /// All that is wrong.
  public let complaints: [Complaint]

  init(_ complaints: [Complaint]) { self.complaints = complaints }

  init(_ path: String, _ message: String) {
    complaints = [Complaint(path: path, message: message)]
  }

  /// Folders in which there were keys, and are none any more.
  public init(noKeysIn folders: [KeyFolder]) {
    self.init(
      folders.map { Complaint(path: $0.path, message: "has no key any more") })
  }

  init(_ path: String, errno number: Int32, _ what: String) {
    self.init(path, "\(what): \(SystemError.text(number))")
  }
}

extension KeyFolderFault: CustomStringConvertible {
  /// All that is wrong, a line each.
  public var description: String { complaints.map(\.description).joined(separator: "\n") }
}
