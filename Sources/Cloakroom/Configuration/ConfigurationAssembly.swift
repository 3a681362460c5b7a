internal import CloakroomCore
internal import CloakroomTokens
internal import Glibc

/// Makes a configuration of settings that have each been read: what only several of them together
/// tell, and what has to be looked up.
struct ConfigurationAssembly {
  /// The longest password file, in bytes.
  private static let passwordLimit = 4096

  /// Where each setting that is set comes from, by its key.
  let places: [String: ConfigurationFault.Place]
  /// The system's users and groups.
  let accounts: Accounts
  /// The user that the process runs as.
  let userID: UInt32
  /// The process's environment variables.
  let environment: [String: String]

  /// Puts everything together; what comes back is of use only when there are no faults.
  func finish(
    _ draft: ConfigurationDraft, faults: inout [ConfigurationFault]
  ) -> Configuration {
    var configuration = draft.configuration
    do throws(SocketPath.Fault) {
      let path = try SocketPath.resolve(
        flag: draft.socket, environment: environment, userID: userID)
      configuration.socket.path = path.path
      configuration.socket.privateFolder = path.privateFolder
    } catch {
      faults.append(ConfigurationFault(place(of: "socket.path"), error.description))
    }
    configuration.socket.groupID = groupID(draft.group, faults: &faults)
    configuration.store = store(draft, faults: &faults)
    configuration.accessLog.hashKey = draft.hashKeyFile.flatMap { hashKey($0, faults: &faults) }

    let scopes = configuration.scopes
    let declared = Set(scopes.declared.map { ByteString($0) })
    let undeclared = scopes.required.filter { !declared.contains(ByteString($0)) }
    if !scopes.declared.isEmpty, !undeclared.isEmpty {
      let message = "requires scopes that scopes.declared doesn't have: "
      faults.append(
        ConfigurationFault(
          place(of: "scopes.required"), message + undeclared.joined(separator: ", ")))
    }
    return configuration
  }

  private func groupID(_ group: String?, faults: inout [ConfigurationFault]) -> UInt32? {
    guard let group else { return nil }
    if let found = accounts.group(group) { return found.id }
    // The largest id stands for "leave it as it is" in chown(2).
    if let id = UInt32(group), id != .max { return id }
    faults.append(
      ConfigurationFault(
        place(of: "socket.group"),
        WrongValue.named(group) + "is no group of this system: add it first"))
    return nil
  }

  private func store(
    _ draft: ConfigurationDraft, faults: inout [ConfigurationFault]
  ) -> Configuration.Store {
    if draft.redis.reconnectMin > draft.redis.reconnectMax {
      let key = places["store.reconnectMin"] == nil ? "store.reconnectMax" : "store.reconnectMin"
      faults.append(
        ConfigurationFault(place(of: key), "store.reconnectMin is longer than store.reconnectMax"))
    }
    guard case .redis(let endpoint) = draft.store else {
      // A configuration that names the memory store may leave the rest of a file as it is.
      if draft.passwordFile != nil, places["store.url"] == nil {
        faults.append(
          ConfigurationFault(
            place(of: "store.passwordFile"), "is for a Redis, and store.url names none"))
      }
      return draft.store
    }
    var redis = draft.redis
    redis.address = endpoint.address
    redis.username = endpoint.username
    redis.password = endpoint.password
    redis.database = endpoint.database
    if let path = draft.passwordFile {
      if redis.password != nil {
        faults.append(
          ConfigurationFault(
            place(of: "store.passwordFile"), "the store's URL has a password too: leave one out"))
      }
      redis.password = password(path, faults: &faults)
    }
    return .redis(redis)
  }

  private func password(_ path: String, faults: inout [ConfigurationFault]) -> Secret? {
    do {
      var bytes = try SmallFile.read(path, limit: Self.passwordLimit)
      if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
      if let text = String(validating: bytes, as: UTF8.self), !text.isEmpty {
        return Secret(text)
      }
      faults.append(ConfigurationFault(.file(path), "holds no password, or one that isn't UTF-8"))
    } catch {
      faults.append(ConfigurationFault(.file(path), error.message))
    }
    return nil
  }

  /// What the access log's keys are hashed with, from a file that is held against the rules of a key's file.
  private func hashKey(_ path: String, faults: inout [ConfigurationFault]) -> Secret? {
    let folder = environment["CREDENTIALS_DIRECTORY"].map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    let isCredential = folder.map { path.hasPrefix($0) } ?? false
    do throws(KeyFolderFault) {
      let bytes = try PrivateFile.read(path, isCredential ? .credential : .owner(geteuid()))
      let digits = bytes.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      if digits.count == 32, let text = String(validating: digits, as: UTF8.self),
        text.allSatisfy({ $0.isASCII && $0.isHexDigit })
      {
        return Secret(text)
      }
      faults.append(
        ConfigurationFault(
          .file(path), "is not 32 hexadecimal digits: openssl rand -hex 16 makes them"))
    } catch {
      for complaint in error.complaints {
        faults.append(ConfigurationFault(.file(path), complaint.message))
      }
    }
    return nil
  }

  private func place(of key: String) -> ConfigurationFault.Place { places[key] ?? .whole }
}
