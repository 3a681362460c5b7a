internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The parameters of `idempotency.*`.
extension Arguments {
  /// How long a fingerprint is at most, in bytes.
  private static let longestFingerprint = 1024

  /// The name of the guard of the caller's key.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  mutating func guardName(_ slot: Int) throws(RPCError) -> StoreKey {
    let (plain, ownCount) = try splitStoreKey(slot, "key", in: .idempotency)
    // The namespace has other tenants than these methods.
    let kind: StaticString = "key:"
    let bytes = plain.bytes
    var name = ByteBuffer()
    name.reserveCapacity(bytes.readableBytes + kind.utf8CodeUnitCount)
    name.writeBytes(bytes.readableBytesView.dropLast(ownCount))
    name.writeStaticString(kind)
    name.writeBytes(bytes.readableBytesView.suffix(ownCount))
    return StoreKey(bytes: name)
  }

  /// What the store knows a fingerprint by; nil when the caller gives none.
  ///
  /// - Throws: INVALID_PARAMS for what is no string of 1 to 1,024 bytes.
  mutating func fingerprintDigest(_ slot: Int) throws(RPCError) -> String? {
    guard has(slot) else { return nil }
    let text = try string(slot, "fingerprint", longest: Self.longestFingerprint)
    guard !text.isEmpty else { throw RPCError(.invalidParams, "fingerprint may not be empty") }
    return Fingerprint.text(of: "fingerprint:" + text)
  }
}

extension Parameter {
  static let guardKey = Parameter(
    "key", #"{"type":"string","minLength":1}"#, required: true,
    "What is to be done once, at most 1,024 bytes: the provider and its event's id, say.")
  static let guardFingerprint = Parameter(
    "fingerprint", #"{"type":"string","minLength":1,"maxLength":1024}"#,
    "What tells one request from another under the same key, as a digest of the body: a begin with another one is IDEMPOTENCY_MISMATCH. Compared byte for byte, where both have given one."
  )
  static let lockTTL = Parameter(
    "lockTtl", #"{"type":["integer","string"]}"#,
    #"How long the lock is the caller's, if it neither ends nor renews it: seconds, or a string with a unit. Default: 60s."#
  )
  static let renewedLockTTL = Parameter(
    "lockTtl", #"{"type":["integer","string"]}"#,
    "How long the lock is the caller's from now on. Default: as long as it was given last.")
  static let guardTTL = Parameter(
    "ttl", #"{"type":["integer","string"]}"#,
    #"How long the key is remembered after the last try began or ended: seconds, or a string with a unit. Default: 96h."#
  )
  static let guardWaitMs = Parameter(
    "waitMs", #"{"type":"integer","minimum":0,"maximum":3600000,"default":0}"#,
    "How long to wait while another try is under way, in milliseconds, at most an hour. Default: 0."
  )
  static let guardReceipt = Parameter(
    "receipt", #"{"type":"string","minLength":1}"#, required: true,
    "The receipt that the lock was begun with.")
  static let guardResult = Parameter(
    "result", "true", required: true,
    "Any JSON: what later begins are told, byte for byte.")
  static let guardError = Parameter(
    "error", "true",
    "Any JSON: what the next try is told as lastError, or later begins as the result if it is final. Default: null."
  )
  static let isFinal = Parameter(
    "final", #"{"type":"boolean","default":false}"#,
    "Whether trying again is of no use: later begins are told `failed`. Default: false.")
}
