internal import Glibc

/// A folder that belongs to one user and that nobody else can enter: what makes a socket under
/// `/tmp`, where anybody may put anything first, one to be trusted.
public enum PrivateFolder {
  /// Why a folder is not to be trusted.
  public enum Fault: Error, Sendable, Equatable {
    /// It isn't there and can't be made, or can't be looked at; with errno.
    case unusable(path: String, errno: Int32)
    /// It is a file or a symbolic link.
    case notAFolder(path: String)
    /// It belongs to another user; with that user's id.
    case foreign(path: String, owner: UInt32)
    /// Others than its owner may enter it; with its permission bits.
    case open(path: String, mode: UInt32)
  }

  /// Makes a folder with mode 0700, unless it is there, and checks it as `check` does.
  ///
  /// - Parameters:
  ///   - path: the folder; the one that it is in has to be there.
  ///   - userID: the user whose it has to be, the caller.
  public static func make(_ path: String, userID: UInt32) throws(Fault) {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw .unusable(path: path, errno: errno)
    }
    try check(path, userID: userID)
  }

  /// Checks that a folder is there, is a folder itself and not a link to one, belongs to the user,
  /// and lets nobody else in. Clients check as well: a socket in somebody else's folder is
  /// somebody else's sidecar.
  public static func check(_ path: String, userID: UInt32) throws(Fault) {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw .unusable(path: path, errno: errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path: path) }
    guard status.st_uid == userID else { throw .foreign(path: path, owner: status.st_uid) }
    let mode = status.st_mode & 0o7777
    guard mode & 0o077 == 0 else { throw .open(path: path, mode: mode) }
  }
}

extension PrivateFolder.Fault: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .unusable(let path, let number):
      "the folder \(path) can't be used: \(SystemError.text(number))"
    case .notAFolder(let path):
      "\(path) is not a folder: remove it, or choose another socket path"
    case .foreign(let path, let owner):
      "the folder \(path) belongs to user \(owner): choose another socket path"
    case .open(let path, let mode):
      "the folder \(path) has mode \(String(mode, radix: 8)), which lets others in: chmod 700 it"
    }
  }
}
