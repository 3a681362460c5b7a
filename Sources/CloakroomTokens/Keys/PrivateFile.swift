internal import Glibc

/// Reads and writes files that nobody but their owner may read.
package enum PrivateFile {
  /// The largest key file, in bytes.
  static let limit = 65_536

  /// Who may own a file, and who else may read it.
  package enum Trust {
    /// Only the one user, mode 0600 or less.
    case owner(UInt32)
    /// systemd's credentials: root's or the user's, which others than the user and its group can't
    /// read. Its access list for the user shows as permissions of the group.
    case credential
  }

  /// Reads a regular file that nobody else may read.
  ///
  /// - Returns: its bytes; the caller overwrites them after use.
  package static func read(_ path: String, _ trust: Trust) throws(KeyFolderFault) -> [UInt8] {
    // O_NONBLOCK, or opening a FIFO that nobody writes to would wait for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw KeyFolderFault(path, errno: errno, "can't be read") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw KeyFolderFault(path, errno: errno, "can't be read")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw KeyFolderFault(path, "is not a regular file")
    }
    // Of the file that is open, so that nobody can put another one in its place.
    let mode = status.st_mode & 0o7777
    switch trust {
    case .owner(let owner):
      guard status.st_uid == owner else {
        throw KeyFolderFault(path, "belongs to user \(status.st_uid): chown it")
      }
      guard mode & 0o177 == 0 else {
        throw KeyFolderFault(
          path, "has mode \(String(mode, radix: 8)), which lets others in: chmod 600 it")
      }
    case .credential:
      guard status.st_uid == 0 || status.st_uid == geteuid(), mode & 0o027 == 0 else {
        throw KeyFolderFault(path, "is not a credential that others can't read")
      }
    }
    guard status.st_size <= limit else { throw KeyFolderFault(path, "has more than 64 KiB") }
    // Of its final size from the beginning: nothing is moved, and left behind.
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let got = Glibc.read(
          descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        if got > 0 {
          count += got
        } else if got == 0 || errno != EINTR {
          failure = got == 0 ? 0 : errno
          break
        }
      }
    }
    guard failure == 0 else { throw KeyFolderFault(path, errno: failure, "can't be read") }
    return bytes
  }

  /// Writes a new file that only its owner may read. It is there as a whole or not at all.
  ///
  /// - Parameter owner: whose it is to be.
  /// - Throws: when there is a file of that name already, which stays as it is.
  static func create(
    _ name: String, in folder: String, owner: UInt32, _ bytes: [UInt8]
  ) throws(KeyFolderFault) {
    let path = "\(folder)/\(name)"
    var draft = Array("\(folder)/.new-XXXXXX".utf8CString)
    // mkstemp(3) makes it with mode 0600.
    let descriptor = mkstemp(&draft)
    guard descriptor >= 0 else { throw KeyFolderFault(path, errno: errno, "can't be written") }
    defer {
      close(descriptor)
      unlink(draft)
    }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      guard count > 0 || errno == EINTR else {
        throw KeyFolderFault(path, errno: errno, "can't be written")
      }
      written += max(count, 0)
    }
    guard owner == geteuid() || fchown(descriptor, owner, gid_t.max) == 0 else {
      throw KeyFolderFault(path, errno: errno, "can't be given to user \(owner)")
    }
    guard fsync(descriptor) == 0 else {
      throw KeyFolderFault(path, errno: errno, "can't be written")
    }
    // link(2), unlike rename(2), takes nobody's place.
    guard link(draft, path) == 0 else {
      throw errno == EEXIST
        ? KeyFolderFault(path, "is there already")
        : KeyFolderFault(path, errno: errno, "can't be written")
    }
    sync(folder)
  }

  /// Renames a file; one that has the new name already stays, and so does the file.
  static func rename(
    _ name: String, to other: String, in folder: String
  ) throws(KeyFolderFault) {
    let (from, to) = ("\(folder)/\(name)", "\(folder)/\(other)")
    guard access(to, F_OK) != 0 else { throw KeyFolderFault(to, "is there already") }
    guard Glibc.rename(from, to) == 0 else {
      throw KeyFolderFault(from, errno: errno, "can't be renamed to \(other)")
    }
    sync(folder)
  }

  /// Has what has changed in a folder last through a power failure, as well as can be.
  private static func sync(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
