extension RedisEndpoint {
  /// Why a URL names no Redis. No case holds anything of the URL, which may hold a password.
  public enum URLFault: Error, Sendable, Equatable, CaseIterable {
    /// There is no `scheme://`.
    case noScheme
    /// The scheme is none of those that are known.
    case unknownScheme
    /// `rediss` and its like: TLS is not there yet.
    case tlsUnsupported
    /// A `%` without two hexadecimal digits, or octets that are not UTF-8.
    case badPercentEncoding
    /// A host with characters that no name or address has, or a bracket that is not closed.
    case badHost
    /// The port is not a number from 1 to 65535.
    case badPort
    /// The database is not a number from 0 to 2147483647, or is given twice.
    case badDatabase
    /// A Unix socket without a path, or a longer one than a Unix socket can have.
    case badPath
    /// A parameter other than `db`, or a fragment.
    case unknownParameter
  }

  /// Reads a URL: `redis://[[user]:password@]host[:port][/database]`, or
  /// `unix://[[user]:password@]/path[?db=database]`.
  ///
  /// `valkey` stands for `redis`, `redis+unix` and `valkey+unix` for `unix`. User, password and
  /// path may be percent-encoded (RFC 3986, section 2.1). As with redis-cli and the common clients,
  /// a name without a colon before the `@` is a user without a password, and the database may be
  /// given as `?db=` with every scheme.
  ///
  /// - Throws: what is wrong with it, without a character of it.
  public init(url: String) throws(URLFault) {
    let separator = Array("://".utf8)
    let bytes = Array(url.utf8)
    guard
      let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      bytes[colon...].starts(with: separator)
    else { throw .noScheme }
    let isUnix = try Self.isUnix(scheme: bytes[..<colon])
    var rest = bytes[(colon + separator.count)...]
    guard !rest.contains(UInt8(ascii: "#")) else { throw .unknownParameter }

    var query: ArraySlice<UInt8>?
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      query = rest[(mark + 1)...]
      rest = rest[..<mark]
    }
    // The authority ends at the first slash; in it, the last @ ends the user information, so that
    // a password with an @ in it that somebody forgot to encode is not taken for a host.
    let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    let authority = rest[..<slash]
    let path = rest[slash...]
    var host = authority
    var user: (name: String?, password: Secret?) = (nil, nil)
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      host = authority[(at + 1)...]
      user = try Self.userInformation(authority[..<at])
    }
    var database = try query.map { query throws(URLFault) in try Self.database(query: query) }

    let address: Address
    if isUnix {
      guard host.isEmpty, path.count > 1 else { throw .badPath }
      let decoded = try Self.percentDecoded(path)
      guard decoded.utf8.count <= SocketPath.longest, !decoded.utf8.contains(0) else {
        throw .badPath
      }
      address = .unix(path: decoded)
    } else {
      address = try Self.address(host: host)
      if path.count > 1 {
        guard database == nil else { throw .badDatabase }
        database = try Self.database(path.dropFirst())
      }
    }
    self.init(
      address: address, username: user.name, password: user.password, database: database ?? 0)
  }

  private static func isUnix(scheme: ArraySlice<UInt8>) throws(URLFault) -> Bool {
    // RFC 3986, section 3.1: schemes are compared without regard to case.
    switch String(decoding: scheme, as: UTF8.self).lowercased() {
    case "redis", "valkey": false
    case "unix", "redis+unix", "valkey+unix", "redis+socket": true
    case "rediss", "valkeys": throw .tlsUnsupported
    default: throw .unknownScheme
    }
  }

  private static func userInformation(
    _ text: ArraySlice<UInt8>
  ) throws(URLFault) -> (name: String?, password: Secret?) {
    let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
    let name = try percentDecoded(text[..<colon])
    let password = try percentDecoded(text[colon...].dropFirst())
    return (name.isEmpty ? nil : name, password.isEmpty ? nil : Secret(password))
  }

  private static func address(host: ArraySlice<UInt8>) throws(URLFault) -> Address {
    var name = host
    var port: ArraySlice<UInt8>?
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { throw .badHost }
      name = host[(host.startIndex + 1)..<end]
      let after = host[(end + 1)...]
      guard after.isEmpty || after.first == UInt8(ascii: ":") else { throw .badHost }
      port = after.isEmpty ? nil : after.dropFirst()
      guard name.contains(UInt8(ascii: ":")), name.allSatisfy(isAddressByte) else {
        throw .badHost
      }
    } else {
      if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
        name = host[..<colon]
        port = host[(colon + 1)...]
      }
      guard name.allSatisfy(isNameByte) else { throw .badHost }
    }
    // `redis://` alone and `redis:///2` are this host, as redis-py and node-redis have it.
    let text = name.isEmpty ? "localhost" : String(decoding: name, as: UTF8.self)
    return .tcp(host: text, port: try port.map(Self.port) ?? defaultPort)
  }

  private static func port(_ text: ArraySlice<UInt8>) throws(URLFault) -> Int {
    guard let port = number(text, upTo: 65_535), port > 0 else { throw .badPort }
    return port
  }

  private static func database(_ text: ArraySlice<UInt8>) throws(URLFault) -> Int {
    guard let database = number(text, upTo: Int(Int32.max)) else { throw .badDatabase }
    return database
  }

  private static func database(query: ArraySlice<UInt8>) throws(URLFault) -> Int {
    let name = Array("db=".utf8)
    guard query.starts(with: name) else { throw .unknownParameter }
    return try database(query.dropFirst(name.count))
  }

  /// A whole number in decimal digits and nothing else, up to a limit; nil for anything else.
  static func number(_ text: some Collection<UInt8>, upTo limit: Int) -> Int? {
    let zero = UInt8(ascii: "0")
    guard !text.isEmpty, text.count <= 10, text.allSatisfy({ (zero...zero + 9).contains($0) })
    else { return nil }
    let number = text.reduce(0) { $0 * 10 + Int($1 - zero) }
    return number <= limit ? number : nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// What an IPv6 address may be written with, its zone (RFC 6874 without the encoding) included.
  private static func isAddressByte(_ byte: UInt8) -> Bool {
    isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
  }

  private static func percentDecoded(_ text: ArraySlice<UInt8>) throws(URLFault) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard
        let high = rest.popFirst().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }),
        let low = rest.popFirst().flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
      else { throw .badPercentEncoding }
      bytes.append(UInt8(high << 4 | low))
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw .badPercentEncoding
    }
    return decoded
  }
}

extension RedisEndpoint.URLFault: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .noScheme:
      "is not a URL: write redis://host:port/database or unix:///path?db=database"
    case .unknownScheme:
      "has an unknown scheme: use redis://, valkey:// or unix://"
    case .tlsUnsupported:
      "asks for TLS, which is not supported yet: use redis://, or unix:// through a local TLS proxy"
    case .badPercentEncoding:
      "has a % that is not followed by two hexadecimal digits of UTF-8: write %25 for a % itself"
    case .badHost:
      "has no valid host: a name, an IPv4 address, or an IPv6 address in [brackets]; "
        + "percent-encode @ : / and # in a password"
    case .badPort:
      "has a port that is not a number from 1 to 65535; percent-encode : / and # in a password"
    case .badDatabase:
      "has a database that is not one number: /N or ?db=N, 0 or more"
    case .badPath:
      "needs the path of a Unix socket of at most \(SocketPath.longest) bytes: unix:///path"
    case .unknownParameter:
      "has a parameter other than db=N, or a #: percent-encode ? and # in a password"
    }
  }
}
