internal import CloakroomCore
internal import Glibc

/// What an operator does with keys.
extension KeyFolder {
  /// Makes a key and writes it into the folder, which is made too when it isn't there.
  ///
  /// - Parameters:
  ///   - id: the key's name, and its file's: 1 to 64 of A-Z a-z 0-9 _ -; nil makes one up of the time,
  ///     so that newer keys come after older ones.
  ///   - state: what it may be used for.
  ///   - rsaBits: the size of an RSA key, 2048 to 8192.
  /// - Returns: the key and its file.
  @discardableResult
  public func generate(
    _ algorithm: KeyAlgorithm, id: String? = nil, state: KeyState = .active, rsaBits: Int = 2048
  ) throws(KeyFolderFault) -> KeyFile {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw KeyFolderFault(path, errno: errno, "can't be made")
    }
    try check()
    guard let id = id ?? Self.newID() else { throw KeyFolderFault(path, "\(KeyFault.notMade)") }
    guard Self.isFileID(id) else {
      throw KeyFolderFault(path, "takes names of 1 to 64 of A-Z a-z 0-9 _ - only")
    }
    if try read().contains(where: { $0.key.id == id }) {
      throw KeyFolderFault(path, "has a key of that name already")
    }
    let name = KeyFileName(stem: id, state: state)
    var text: JWKText
    do throws(CryptoFault) {
      text = try Self.newKey(algorithm, id: id, rsaBits: rsaBits)
    } catch {
      throw KeyFolderFault(path, "\(KeyFault.notMade)")
    }
    defer { text.cleanse() }
    // What couldn't be read again is not written.
    guard (try? TokenKey(jwk: text.bytes.span.bytes, name: id, state: state)) != nil else {
      throw KeyFolderFault(path, "\(KeyFault.notMade)")
    }
    try PrivateFile.create(name.text, in: path, owner: owner, text.bytes)
    guard let file = try read().first(where: { $0.key.id == id }) else {
      throw KeyFolderFault("\(path)/\(name.text)", "is gone")
    }
    return file
  }

  /// Makes a new key in place of an active one, which only verifies from then on.
  ///
  /// The new key is there before the old one changes: there is no moment without an active one.
  ///
  /// - Returns: the new key and its file.
  public func rotate(_ id: String) throws(KeyFolderFault) -> KeyFile {
    let old = try file(id)
    guard old.name.state == .active else {
      throw KeyFolderFault(old.path, "is \(old.name.state.rawValue) already")
    }
    var bits = 2048
    if case .pair(let pair) = old.key.material { bits = max(pair.bits, bits) }
    let new = try generate(old.key.algorithm, rsaBits: bits)
    try PrivateFile.rename(old.name.text, to: old.name.with(.verifyOnly).text, in: path)
    return new
  }

  /// Takes a key out of use. Its file stays, with another name, until somebody removes it.
  public func retire(_ id: String) throws(KeyFolderFault) {
    let file = try file(id)
    guard file.name.state != .retired else {
      throw KeyFolderFault(file.path, "is retired already")
    }
    try PrivateFile.rename(file.name.text, to: file.name.with(.retired).text, in: path)
  }

  private func file(_ id: String) throws(KeyFolderFault) -> KeyFile {
    guard let file = try read().first(where: { $0.key.id == id }) else {
      throw KeyFolderFault(path, "has no key of that name: cloakroom keys list tells which it has")
    }
    return file
  }

  private static func newKey(
    _ algorithm: KeyAlgorithm, id: String, rsaBits: Int
  ) throws(CryptoFault) -> JWKText {
    switch algorithm.family {
    case .mac(_, let bytes):
      return JWKText(secret: try .random(count: bytes), id: id, algorithm)
    case .sealing:
      return JWKText(secret: try .random(count: SealingKey.keyBytes), id: id, algorithm)
    case .rsa, .ecdsa, .edDSA:
      let pair = try AsymmetricKey.generate(algorithm, rsaBits: rsaBits)
      return try JWKText(pair: pair, id: id, algorithm)
    }
  }

  /// A name that comes after all that were made before: the time in UTC, and four random characters.
  private static func newID() -> String? {
    var now = time(nil)
    var parts = tm()
    guard gmtime_r(&now, &parts) != nil, let random = try? KeyRing.randomID(bytes: 3) else {
      return nil
    }
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      + "-\(random)"
  }

  private static func isFileID(_ id: String) -> Bool {
    // A file's name can't begin with a dash, or tools would take it for an option.
    id.first != "-" && !id.contains(".") && PlainName.accepts(id)
  }
}
