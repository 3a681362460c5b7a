internal import COpenSSL
public import CloakroomCore
internal import CloakroomWire
public import NIOCore
internal import Synchronization

/// The keys that the sidecar has at one moment. A ring never changes: reading the keys anew makes
/// another one, and whatever is under way goes on with the one it has begun with.
public final class KeyRing: Sendable {
  /// How long a token is at most, unless it is configured otherwise, in bytes.
  public static let defaultTokenBytes = 65_536
  /// To look at more keys than these takes as long as to take a header apart.
  private static let mostFamiliar = 4

  /// All keys that are not retired, in the order they came in.
  public let keys: [TokenKey]
  /// How many keys there are, retired ones as well.
  public let counts: [KeyCount]
  /// How long a token is at most, in bytes.
  public let tokenBytes: Int

  /// The newest keys that sign: a token's header is held against theirs before it is taken apart.
  let familiar: [TokenKey]
  /// Whether an event loop may verify the tokens of all keys.
  let allVerifyQuickly: Bool

  private let onFirstSignature: (@Sendable () -> Void)?
  private let hasSigned = Atomic<Bool>(false)
  private let byID: [ByteString: TokenKey]
  /// What signs when nobody says with which key.
  private let signer: TokenKey?
  /// What seals.
  private let sealer: TokenKey?

  /// A ring of keys; retired ones are left out.
  ///
  /// - Parameters:
  ///   - keys: of several active keys, the last one signs when a call names none.
  ///   - tokenBytes: how long a token is at most.
  ///   - onFirstSignature: called when the first token is signed.
  /// - Throws: `duplicateID` when two of them have the same name.
  public init(
    _ keys: [TokenKey], tokenBytes: Int = KeyRing.defaultTokenBytes,
    onFirstSignature: (@Sendable () -> Void)? = nil
  ) throws(KeyFault) {
    self.onFirstSignature = onFirstSignature
    var byID: [ByteString: TokenKey] = [:]
    for key in keys {
      guard byID.updateValue(key, forKey: ByteString(key.id)) == nil else {
        throw .duplicateID(key.id)
      }
    }
    self.keys = keys.filter { $0.state != .retired }
    self.byID = byID.filter { $0.value.state != .retired }
    counts = KeyCount.of(keys)
    self.tokenBytes = tokenBytes
    familiar = Array(self.keys.filter(\.algorithm.isForSigning).suffix(Self.mostFamiliar))
    allVerifyQuickly = self.keys.allSatisfy(\.verifiesQuickly)
    let active = keys.filter { $0.state == .active }
    signer = active.last { $0.algorithm.isForSigning }
    sealer = active.last { !$0.algorithm.isForSigning }
  }

  /// Keys that were made for this run and that nobody else has: one that signs (HS256), one that seals.
  ///
  /// - Parameter onFirstSignature: called when the first token is signed.
  public static func random(
    tokenBytes: Int = KeyRing.defaultTokenBytes, onFirstSignature: (@Sendable () -> Void)? = nil
  ) throws(KeyFault) -> KeyRing {
    var keys: [TokenKey] = []
    for (name, algorithm) in [("run", KeyAlgorithm.hs256), ("run-seal", .a256GCM)] {
      let id: String
      let secret: SecretBytes
      do throws(CryptoFault) {
        id = "\(name)-\(try Self.randomID(bytes: 6))"
        secret = try .random(count: 32)
      } catch {
        throw .notMade
      }
      keys.append(try TokenKey(id: id, algorithm, .active, secret: secret))
    }
    return try KeyRing(keys, tokenBytes: tokenBytes, onFirstSignature: onFirstSignature)
  }

  /// Random bytes as base64url.
  static func randomID(bytes count: Int) throws(CryptoFault) -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    try CryptoFault.check(RAND_bytes(&bytes, Int32(clamping: count)))
    return Base64URL.text(bytes)
  }

  /// Notes that a token was signed.
  func noteSignature() {
    guard let onFirstSignature, !hasSigned.exchange(true, ordering: .relaxed) else { return }
    onFirstSignature()
  }

  // MARK: Finding keys

  /// The key that signs.
  ///
  /// - Parameter id: the name of an active key; nil takes the newest.
  /// - Throws: INVALID_PARAMS when there is no active key of that name, UNAVAILABLE when there is none
  ///   at all.
  public func signingKey(_ id: String?) throws(RPCError) -> TokenKey {
    guard let id else {
      guard let signer else { throw RPCError(.unavailable, "there is no active key to sign with") }
      return signer
    }
    guard let key = byID[ByteString(id)], key.state == .active, key.algorithm.isForSigning else {
      throw RPCError(.invalidParams, "there is no active key of that keyId to sign with")
    }
    return key
  }

  /// The key that seals.
  ///
  /// - Throws: UNAVAILABLE when there is none.
  func sealingKey() throws(RPCError) -> TokenKey {
    guard let sealer else {
      throw RPCError(.unavailable, "there is no active key to seal with, of alg A256GCM")
    }
    return sealer
  }

  /// The key that the keys of sealed notes are derived from: the one that seals, or else the one that
  /// signs; nil when there is no active key.
  var noteKey: TokenKey? { sealer ?? signer }

  /// The key of a name, whatever it is for; nil when it is retired or was never here.
  func key(named id: String) -> TokenKey? { byID[ByteString(id)] }

  /// The key that a token names, if it is for the token's algorithm. A token that names none is held
  /// against the one key of its algorithm, if there is just one.
  func key(_ id: String?, for algorithm: KeyAlgorithm) throws(RPCError) -> TokenKey {
    if let id {
      guard let key = byID[ByteString(id)] else { throw .badToken("its key is not known") }
      guard key.algorithm == algorithm else { throw .badToken("its key is for another alg") }
      return key
    }
    let candidates = keys.filter { $0.algorithm == algorithm }
    guard candidates.count == 1, let key = candidates.first else {
      throw .badToken("it doesn't say by which key it is signed")
    }
    return key
  }

  // MARK: Public keys

  /// The public halves of all asymmetric keys as a JSON Web Key Set (RFC 7517, section 5).
  public func publicKeySet() throws(RPCError) -> ByteBuffer {
    var text = ByteBuffer(string: "{\"keys\":[")
    var isFirst = true
    for key in keys where key.algorithm.isAsymmetric {
      if !isFirst { text.writeStaticString(",") }
      isFirst = false
      do throws(CryptoFault) {
        text.writeBytes(try JWKText(publicHalfOf: key).bytes)
      } catch {
        throw RPCError(.internal, "a public key can't be written")
      }
    }
    text.writeStaticString("]}")
    return text
  }
}

/// How many keys of one algorithm are in one state.
public struct KeyCount: Sendable, Equatable {
  /// What they may be used for.
  public let state: KeyState
  /// What they are for.
  public let algorithm: KeyAlgorithm
  /// How many there are; 0 where all keys of the algorithm are in other states.
  public let count: Int

  /// The counts of some keys: of each algorithm that one of them has, every state.
  static func of(_ keys: [TokenKey]) -> [KeyCount] {
    KeyAlgorithm.allCases.flatMap { algorithm in
      let some = keys.filter { $0.algorithm == algorithm }
      guard !some.isEmpty else { return [KeyCount]() }
      return KeyState.allCases.map { state in
        KeyCount(
          state: state, algorithm: algorithm, count: some.count { $0.state == state })
      }
    }
  }
}
