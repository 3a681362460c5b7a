internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The hand-over of an operation to the application's own database.
enum PendingHandoverMethods {
  static let all = [checkout, commit, release]

  static let checkout = Method(
    "pending.checkout",
    "Leases an operation to the caller, who brings it into a database of its own and then commits. When it doesn't, the operation is open again after leaseTtl. It lives at least twice as long as that from now on.",
    [.pendingToken, .operationType, .leaseTTL, .ownReceipt],
    result:
      #"{"type":"object","properties":{"id":{"type":"string"},"operationType":{"type":"string"},"data":true,"createdAt":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"},"etag":{"type":"string"},"backend":{"enum":["store","jwt"]},"oneTime":{"type":"boolean"},"receipt":{"type":"string"},"fence":{"type":"integer"},"attempt":{"type":"integer"},"maxAttempts":{"type":["integer","null"]},"leaseExpiresAt":{"type":"string","format":"date-time"}},"required":["id","operationType","data","createdAt","expiresAt","etag","backend","oneTime","receipt","fence","attempt","maxAttempts","leaseExpiresAt"]}"#,
    reasons: PendingMethods.reasonsOfTokens + [.checkedOut, .conflict, .ttlInvalid],
    effect: .receipt,
    example: (
      PendingMethods.exampleOfToken,
      #"{"id":"…","operationType":"registration","data":{"email":"alice@example.com"},"createdAt":"20…","expiresAt":"20…","etag":"…","backend":"store","oneTime":false,"receipt":"ckr_…","fence":1767225600000000,"attempt":1,"maxAttempts":10,"leaseExpiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      let life = try arguments.life(2, "leaseTtl", otherwise: .minute)
      let receipt = try arguments.newReceipt(3, of: "token")
      let digest = Receipt.digest(of: receipt.text)
      // A receipt of the caller's own making may be a repeated call's too, which has the lease by now.
      return call.opening(
        .checkout(PendingLease(receipt: digest, life: life)), counts: .checkedOut,
        undo: receipt.isOwn ? nil : .withdraw(receipt: digest)
      ) { outcome, target, result throws(RPCError) in
        guard case .leased(let operation, let grant) = outcome else { throw .unexpectedReply }
        try result.write(operation, of: target)
        result.writeStaticString(",\"receipt\":")
        result.writeJSONString(receipt.text)
        result.writeStaticString(",\"fence\":")
        result.writeDecimal(grant.fence)
        result.writeStaticString(",\"attempt\":")
        result.writeDecimal(Int64(operation.attempts))
        result.writeBound(operation.maxAttempts, after: ",\"maxAttempts\":")
        result.writeMoment(grant.endsAtMs, after: ",\"leaseExpiresAt\":")
        result.writeStaticString("}")
      }
    })

  static let commit = Method(
    "pending.commit",
    "Ends an operation that the caller has checked out and brought into its database. Repeated with the same receipt it answers what it answered first, for a day. A lease that is over is no reason to refuse as long as nobody else has had the operation.",
    [.pendingToken, .operationType, .receipt, .commitResult],
    result:
      #"{"type":"object","properties":{"committed":{"const":true},"committedAt":{"type":"string","format":"date-time"},"result":true},"required":["committed","committedAt","result"]}"#,
    reasons: PendingMethods.reasonsOfTokens + [.leaseLost],
    effect: .receipt,
    example: (
      #"{"token":"cks_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","operationType":"registration","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","result":{"userId":42}}"#,
      #"{"committed":true,"committedAt":"20…","result":{"userId":42}}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      let receipt = try arguments.receiptDigest(2)
      let answer =
        arguments.has(3) ? try arguments.value(3, "result") : ByteBuffer(string: "null")
      return call.opening(.commit(receipt: receipt, result: answer), counts: .committed) {
        outcome, _, result throws(RPCError) in
        guard case .committed(let answer, let moment) = outcome else { throw .unexpectedReply }
        result.writeMoment(moment, after: "{\"committed\":true,\"committedAt\":")
        try result.writeStored(answer, after: ",\"result\":", before: "}")
      }
    })

  static let release = Method(
    "pending.release",
    "Gives back an operation that the caller has checked out: it is open again, or dead when its attempts are used up.",
    [.pendingToken, .operationType, .receipt, .releaseError],
    result:
      #"{"type":"object","properties":{"released":{"const":true},"state":{"enum":["open","dead"]},"attempts":{"type":"integer"}},"required":["released","state","attempts"]}"#,
    reasons: PendingMethods.reasonsOfTokens + [.leaseLost, .conflict],
    effect: .step,
    example: (
      #"{"token":"cks_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","operationType":"registration","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","error":"the database is read-only"}"#,
      #"{"released":true,"state":"open","attempts":1}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      let receipt = try arguments.receiptDigest(2)
      return call.opening(
        .release(receipt: receipt, error: try arguments.releaseError(3)), counts: .released
      ) { outcome, _, result throws(RPCError) in
        guard case .operation(let operation) = outcome else { throw .unexpectedReply }
        result.writeStaticString("{\"released\":true")
        result.write(operation.state, after: ",\"state\":")
        result.writeStaticString(",\"attempts\":")
        result.writeDecimal(Int64(operation.attempts))
        result.writeStaticString("}")
      }
    })
}
