internal import COpenSSL
internal import CloakroomWire

/// Keys as JSON: RFC 7517, RFC 7518 section 6, RFC 8037 section 2.
extension TokenKey {
  /// Reads a JSON Web Key.
  ///
  /// - Parameters:
  ///   - text: the key's JSON.
  ///   - name: the key's name where it has no `kid` of its own.
  ///   - state: what it may be used for.
  convenience init(
    jwk text: RawSpan, name: String, state: KeyState
  ) throws(KeyFault) {
    let members: JSONMembers
    do throws(JSONMembers.Fault) { members = try JSONMembers(text) } catch { throw .notAJWK }
    let jwk = JWKReader(members)
    if jwk.has("kid", text), try jwk.string("kid", text) == nil { throw .badID }
    let id = try jwk.string("kid", text) ?? name
    let algorithm = try jwk.algorithm(text)
    guard try jwk.string("kty", text) == algorithm.keyType else { throw .wrongKind(algorithm) }
    // What the key is meant for must not speak against what it is used for.
    let use = try jwk.string("use", text)
    guard use == nil || use == (algorithm.isForSigning ? "sig" : "enc") else {
      throw .badMember("use")
    }
    switch algorithm.family {
    case .mac, .sealing:
      try self.init(id: id, algorithm, state, secret: try jwk.bytes("k", text))
    case .rsa:
      try self.init(id: id, algorithm, state, pair: try jwk.rsa(text))
    case .ecdsa(_, let curve, let size):
      try self.init(
        id: id, algorithm, state, pair: try jwk.ellipticCurve(text, curve: curve, size: size))
    case .edDSA:
      try self.init(id: id, algorithm, state, pair: try jwk.ed25519(text))
    }
  }
}

/// Reads the members of one JSON Web Key.
private struct JWKReader {
  private let members: JSONMembers

  init(_ members: JSONMembers) { self.members = members }

  func has(_ name: String, _ text: RawSpan) -> Bool {
    members.member(name, in: text) != nil
  }

  /// A member that is a string; nil when there is none.
  func string(_ name: String, _ text: RawSpan) throws(KeyFault) -> String? {
    guard has(name, text) else { return nil }
    guard let value = members.string(name, in: text) else { throw .badMember(name) }
    return value
  }

  /// The key's one algorithm. A sealing key says `A256GCM`, or `dir` with that as its `enc`; an
  /// Ed25519 key needn't say anything, as there is only one for it.
  func algorithm(_ text: RawSpan) throws(KeyFault) -> KeyAlgorithm {
    let name = try string("alg", text)
    if name == "dir" {
      guard try string("enc", text) == KeyAlgorithm.a256GCM.rawValue else {
        throw .badMember("enc")
      }
      return .a256GCM
    }
    if name == nil {
      guard try string("crv", text) == "Ed25519" else { throw .unknownAlgorithm }
      return .edDSA
    }
    guard let algorithm = name.flatMap(KeyAlgorithm.init) else { throw .unknownAlgorithm }
    return algorithm
  }

  /// A member that is base64url.
  func bytes(_ name: String, _ text: RawSpan) throws(KeyFault) -> SecretBytes {
    guard
      let member = members.member(name, in: text), member.kind == .string, !member.hasEscapes,
      !member.content.isEmpty, let count = Base64URL.decodedCount(member.content.count)
    else { throw .badMember(name) }
    return try SecretBytes(count: count) { memory throws(KeyFault) in
      let isGood = text.extracting(member.content.offsets).withUnsafeBytes {
        Base64URL.decode($0, into: memory)
      }
      guard isGood else { throw .badMember(name) }
    }
  }

  func rsa(_ text: RawSpan) throws(KeyFault) -> AsymmetricKey {
    // RFC 7518, section 6.3.2: a key with one of the numbers that make signing fast has all.
    let fast = ["p", "q", "dp", "dq", "qi"]
    let isPrivate = has("d", text)
    guard !has("oth", text) else { throw .badMember("oth") }
    let names =
      ["n", "e"] + (isPrivate ? ["d"] + (fast.contains { has($0, text) } ? fast : []) : [])
    var parts: [AsymmetricKey.Part] = []
    for name in names {
      parts.append(.number(Self.openSSLName[name] ?? name, try bytes(name, text)))
    }
    do throws(CryptoFault) {
      return try AsymmetricKey(kind: "RSA", isPrivate: isPrivate, parts: parts)
    } catch {
      throw .unsound
    }
  }

  private static let openSSLName = [
    "p": RSANumber.factor1, "q": RSANumber.factor2,
    "dp": RSANumber.exponent1, "dq": RSANumber.exponent2,
    "qi": RSANumber.coefficient1,
  ]

  func ellipticCurve(
    _ text: RawSpan, curve: String, size: Int
  ) throws(KeyFault) -> AsymmetricKey {
    guard try string("crv", text) == curve else { throw .badMember("crv") }
    // Uncompressed, SEC 1 section 2.3.3.
    var point: [UInt8] = [4]
    for name in ["x", "y"] {
      let coordinate = try bytes(name, text)
      guard coordinate.count == size else { throw .badMember(name) }
      coordinate.withBytes { point.append(contentsOf: $0) }
    }
    var parts: [AsymmetricKey.Part] = [
      .name(OSSL_PKEY_PARAM_GROUP_NAME, curve), .octets(OSSL_PKEY_PARAM_PUB_KEY, point),
    ]
    let isPrivate = has("d", text)
    if isPrivate {
      let number = try bytes("d", text)
      guard number.count == size else { throw .badMember("d") }
      parts.append(.number(OSSL_PKEY_PARAM_PRIV_KEY, number))
    }
    do throws(CryptoFault) {
      return try AsymmetricKey(kind: "EC", isPrivate: isPrivate, parts: parts)
    } catch {
      throw .unsound
    }
  }

  func ed25519(_ text: RawSpan) throws(KeyFault) -> AsymmetricKey {
    guard try string("crv", text) == "Ed25519" else { throw .badMember("crv") }
    let point = try bytes("x", text).withBytes { Array($0) }
    guard point.count == 32 else { throw .badMember("x") }
    do throws(CryptoFault) {
      guard has("d", text) else { return try AsymmetricKey(ed25519Public: point) }
    } catch {
      throw .unsound
    }
    let seed = try bytes("d", text)
    guard seed.count == 32 else { throw .badMember("d") }
    do throws(CryptoFault) {
      let key = try AsymmetricKey(ed25519Private: seed)
      // OpenSSL works the public half out; the one that is written there has to be the same.
      if try key.rawPublic().withBytes({ Array($0) == point }) { return key }
    } catch {
      throw .unsound
    }
    throw .unsound
  }
}
