internal import CloakroomCore
internal import CloakroomStore

/// The parameters that are receipts: what something is held by.
extension Arguments {
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
}

extension Parameter {
  static let ownReceipt = Parameter(
    "receipt", #"{"type":"string","minLength":16,"maxLength":256}"#,
    "128 random bits that the caller has made for this try: the call that is repeated with them is answered alike, whatever became of the first answer. Default: the sidecar makes one."
  )
}
