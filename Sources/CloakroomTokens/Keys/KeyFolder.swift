internal import Glibc

/// A folder of keys: a JWK or PEM file each, which nobody but its owner may read.
public struct KeyFolder: Sendable, Equatable {
  /// What the names of those of systemd's credentials begin with that are keys.
  public static let credentialPrefix = "jwt."

  /// Where it is.
  public let path: String
  /// Whether it is systemd's folder of credentials, `$CREDENTIALS_DIRECTORY` (systemd.exec(5)).
  public let isCredentials: Bool
  /// Whether root may do what the folder's owner does, whose the files are to be then.
  private let isForItsOwner: Bool

  /// Names a folder.
  ///
  /// - Parameter isForItsOwner: whether root may do there what the folder's owner does; a sidecar must not.
  public init(_ path: String, isCredentials: Bool = false, isForItsOwner: Bool = false) {
    self.path = path
    self.isCredentials = isCredentials
    self.isForItsOwner = isForItsOwner
  }

  /// Who may own the folder and what is in it, beside root for the folder.
  var owner: UInt32 {
    var status = stat()
    guard isForItsOwner, geteuid() == 0, stat(path, &status) == 0 else { return geteuid() }
    return status.st_uid
  }

  /// Makes a ring of all keys in several folders.
  ///
  /// - Parameters:
  ///   - folders: the newest active key of the last one signs.
  ///   - tokenBytes: how long a token is at most.
  /// - Throws: everything that is wrong, with no ring at all; also when there is not one key in a
  ///   folder that is no folder of credentials.
  /// - Returns: nil when there is no key, and none was asked for.
  public static func ring(
    of folders: [KeyFolder], tokenBytes: Int = KeyRing.defaultTokenBytes
  ) throws(KeyFolderFault) -> KeyRing? {
    var files: [KeyFile] = []
    var complaints: [KeyFolderFault.Complaint] = []
    for folder in folders {
      let (fileCount, complaintCount) = (files.count, complaints.count)
      folder.read(into: &files, &complaints)
      if !folder.isCredentials, complaints.count == complaintCount,
        !files[fileCount...].contains(where: { $0.key.state != .retired })
      {
        complaints.append(
          .init(path: folder.path, message: "has no key: cloakroom keys generate makes one"))
      }
    }
    guard complaints.isEmpty else { throw KeyFolderFault(complaints) }
    guard !files.isEmpty else { return nil }
    do throws(KeyFault) {
      return try KeyRing(files.map(\.key), tokenBytes: tokenBytes)
    } catch {
      throw KeyFolderFault(folders.map(\.path).joined(separator: ", "), "\(error)")
    }
  }

  /// Reads all keys, retired ones as well, in the order of their files' names. Files whose names don't
  /// end in `.jwk` or `.pem` are none of its business.
  ///
  /// - Throws: everything that is wrong with the folder and the files in it.
  public func read() throws(KeyFolderFault) -> [KeyFile] {
    var files: [KeyFile] = []
    var complaints: [KeyFolderFault.Complaint] = []
    read(into: &files, &complaints)
    guard complaints.isEmpty else { throw KeyFolderFault(complaints) }
    return files
  }

  /// Adds this folder's keys to those of other folders, and what is wrong with it to what is wrong
  /// with them.
  private func read(
    into files: inout [KeyFile], _ complaints: inout [KeyFolderFault.Complaint]
  ) {
    let entries: [String]
    do throws(KeyFolderFault) {
      try check()
      entries = try self.entries().sorted()
    } catch {
      return complaints += error.complaints
    }
    for entry in entries {
      guard let name = fileName(entry) else { continue }
      do throws(KeyFolderFault) {
        let file = try read(entry, name)
        if let other = files.first(where: { $0.key.id == file.key.id }) {
          throw KeyFolderFault(file.path, "has the kid of \(other.path)")
        }
        files.append(file)
      } catch {
        complaints += error.complaints
      }
    }
  }

  private func fileName(_ entry: String) -> KeyFileName? {
    guard isCredentials else { return KeyFileName(entry) }
    guard entry.hasPrefix(Self.credentialPrefix) else { return nil }
    return KeyFileName(String(entry.dropFirst(Self.credentialPrefix.count)))
  }

  /// Checks that nobody else can put a key there.
  func check() throws(KeyFolderFault) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw KeyFolderFault(path, errno: errno, "can't be read")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw KeyFolderFault(path, "is not a folder") }
    guard status.st_uid == owner || status.st_uid == 0 else {
      throw KeyFolderFault(path, "belongs to user \(status.st_uid): chown it")
    }
    guard isCredentials || status.st_mode & 0o022 == 0 else {
      let mode = String(status.st_mode & 0o7777, radix: 8)
      throw KeyFolderFault(path, "has mode \(mode), which lets others write: chmod 700 it")
    }
  }

  private func entries() throws(KeyFolderFault) -> [String] {
    guard let stream = opendir(path) else {
      throw KeyFolderFault(path, errno: errno, "can't be read")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }

  private func read(_ entry: String, _ name: KeyFileName) throws(KeyFolderFault) -> KeyFile {
    let path = "\(path)/\(entry)"
    var bytes = try PrivateFile.read(path, isCredentials ? .credential : .owner(owner))
    defer { bytes.cleanse() }
    do throws(KeyFault) {
      let key =
        switch name.form {
        case .jwk: try TokenKey(jwk: bytes.span.bytes, name: name.stem, state: name.state)
        case .pem:
          try TokenKey(pem: bytes, name: name.stem, algorithm: name.algorithm, state: name.state)
        }
      return KeyFile(path: path, key: key, name: name)
    } catch {
      throw KeyFolderFault(path, "\(error)")
    }
  }
}

/// One key, and the file that it is in.
public struct KeyFile: Sendable {
  /// The file's path.
  public let path: String
  /// The key.
  public let key: TokenKey
  /// The file's name, taken apart.
  let name: KeyFileName
}
