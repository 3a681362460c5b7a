internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The parameters of what is held by a receipt.
extension Arguments {
  /// How long what a release says is at most, in bytes.
  private static let longestError = 4096

  /// A receipt that the caller has made; nil when it leaves that to the sidecar.
  ///
  /// - Throws: INVALID_PARAMS for what is no string of 16 to 256 bytes.
  mutating func ownReceipt(
    _ slot: Int, _ name: StaticString = "receipt"
  ) throws(RPCError) -> String? {
    guard has(slot) else { return nil }
    let receipt = try string(slot, name, longest: Receipt.longest)
    guard receipt.utf8.count >= Receipt.shortest else {
      throw RPCError(
        .invalidParams,
        "\(name) has 128 random bits where the caller has made it: \(Receipt.shortest) bytes at least"
      )
    }
    return receipt
  }

  /// What a lease is to be held by: what the caller has made, or a new one; the same for a repetition.
  ///
  /// - Parameters:
  ///   - slot: the receipt.
  ///   - subject: the name of the first parameter, which nobody has who may not have the lease.
  mutating func newReceipt(
    _ slot: Int, of subject: StaticString
  ) throws(RPCError) -> (text: String, isOwn: Bool) {
    if let own = try ownReceipt(slot) { return (own, true) }
    guard let idempotency else { return (Receipt.random(), false) }
    let secret = try string(0, subject, longest: settings.frameBytes)
    return (Receipt.repeated(idempotency, token: secret), false)
  }

  /// What the store knows a receipt by.
  ///
  /// - Throws: INVALID_PARAMS for what is no string of at most 256 bytes.
  mutating func receiptDigest(_ slot: Int) throws(RPCError) -> String {
    Receipt.digest(of: try string(slot, "receipt", longest: Receipt.longest))
  }

  /// What a release says of why; nil when it says nothing.
  ///
  /// - Throws: TOO_LARGE for more than 4 KiB of it.
  mutating func releaseError(_ slot: Int) throws(RPCError) -> ByteBuffer? {
    guard has(slot), kind(slot) != .null else { return nil }
    let error = try value(slot, "error")
    guard error.readableBytes <= Self.longestError else {
      throw RPCError(.tooLarge, "error has at most \(Self.longestError) bytes")
    }
    return error
  }
}

extension Parameter {
  static let releaseError = Parameter(
    "error", "true",
    "Why it could not be saved, any JSON of at most 4 KiB: kept as the last error, which the list of the dead tells. Default: null."
  )
  static let ownReceipt = Parameter(
    "receipt", #"{"type":"string","minLength":16,"maxLength":256}"#,
    "128 random bits that the caller has made for this try: the call that is repeated with them is answered alike, whatever became of the first answer. Default: the sidecar makes one."
  )
}
