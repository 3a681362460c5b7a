internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The hand-over of a session to the application's own database.
enum SessionHandoverMethods {
  static let all = [checkout, commit, release]

  static let checkout = Method(
    "session.checkout",
    "Leases a session that can be submitted to the caller, who saves it in a database of its own and then commits. Only a session whose every step that applies is complete and whose whole data fit: else INVALID_STEP or VALIDATION_FAILED say what is missing. When the caller doesn't commit, it is open again after leaseTtl. Its data have the members in them that are sealed otherwise.",
    [
      .sessionID, .leaseTTL, .ownReceipt, .metadata,
    ],
    result:
      #"{"type":"object","properties":{"ref":{"type":"string"},"flow":{"type":["string","null"]},"version":{"type":["integer","null"]},"data":true,"principal":{"type":["string","null"]},"createdAt":{"type":"string","format":"date-time"},"etag":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"},"receipt":{"type":"string"},"fence":{"type":"integer"},"attempt":{"type":"integer"},"maxAttempts":{"type":["integer","null"]},"leaseExpiresAt":{"type":"string","format":"date-time"},"warnings":{"type":"array","items":{"type":"object","properties":{"bind":{"enum":["userAgent","ipAddress"]}},"required":["bind"]}}},"required":["ref","flow","version","data","principal","createdAt","etag","expiresAt","receipt","fence","attempt","maxAttempts","leaseExpiresAt"]}"#,
    reasons: SessionMethods.reasonsOfSessions + [
      .checkedOut, .conflict, .invalidStep, .validationFailed, .ttlInvalid,
    ],
    effect: .receipt,
    example: (
      SessionMethods.exampleOfSession,
      #"{"ref":"…","flow":null,"version":null,"data":{"projectName":"Harbour"},"principal":"user_123","createdAt":"20…","etag":"…","expiresAt":"20…","receipt":"ckr_…","fence":1767225600000000,"attempt":1,"maxAttempts":10,"leaseExpiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let life = try arguments.life(1, "leaseTtl", otherwise: .minute)
      let receipt = try arguments.newReceipt(2, of: "sessionId")
      let call = try arguments.sessionCall(metadata: 3)
      let digest = Receipt.digest(of: receipt.text)
      // What is sealed in the session is not kept in clear with the answer.
      let secret = SecretAnswer(arguments)
      // A receipt of the caller's own making may be a repeated call's too, which has the lease by now.
      return try call.opening(
        .checkout(PendingLease(receipt: digest, life: life)),
        .init(undo: receipt.isOwn ? nil : .withdraw(receipt: digest), secret: secret)
      ) { scene, result throws(RPCError) in
        guard let whole = scene.whole else { throw .unexpectedReply }
        let record = scene.record
        result.writeStaticString("{\"ref\":\"")
        result.writeString(call.ref ?? "")
        result.writeStaticString("\"")
        result.writeFlow(record)
        try result.writeStored(whole, after: ",\"data\":")
        result.writeOptional(record.principal, after: ",\"principal\":")
        result.writeMoment(record.createdAtMs, after: ",\"createdAt\":")
        result.writeEnd(record)
        result.writeStaticString(",\"receipt\":")
        result.writeJSONString(receipt.text)
        result.writeStaticString(",\"fence\":")
        result.writeDecimal(record.lease.fence)
        result.writeStaticString(",\"attempt\":")
        result.writeDecimal(record.lease.attempts)
        result.writeBound(Int(clamping: record.lease.mostAttempts), after: ",\"maxAttempts\":")
        result.writeMoment(record.lease.endsAtMs, after: ",\"leaseExpiresAt\":")
        result.writeWarnings(scene)
      }
    })

  static let commit = Method(
    "session.commit",
    "Ends a session that the caller has checked out and saved. Repeated with the same receipt it answers what it answered first, for a day: a form that is sent twice makes one thing. A lease that is over is no reason to refuse as long as nobody else has had the session and nothing was changed in it.",
    [
      .sessionID, .receipt, .commitResult, .metadata,
    ],
    result:
      #"{"type":"object","properties":{"committed":{"const":true},"committedAt":{"type":"string","format":"date-time"},"result":true},"required":["committed","committedAt","result"]}"#,
    reasons: SessionMethods.reasonsOfSessions + [.leaseLost],
    effect: .receipt,
    example: (
      #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","result":{"projectId":42}}"#,
      #"{"committed":true,"committedAt":"20…","result":{"projectId":42}}"#
    ),
    .procedure { arguments throws(RPCError) in
      let receipt = try arguments.receiptDigest(1)
      let answer =
        arguments.has(2) ? try arguments.value(2, "result") : ByteBuffer(string: "null")
      return try arguments.sessionCall(metadata: 3).opening(
        .commit(receipt: receipt, result: answer)
      ) { scene, result throws(RPCError) in
        result.writeMoment(
          scene.record.committedAtMs, after: "{\"committed\":true,\"committedAt\":")
        try result.writeStored(
          scene.record.content.visible, after: ",\"result\":", before: "}")
      }
    })

  static let release = Method(
    "session.release",
    "Gives back a session that the caller has checked out and could not save: it is open again, or dead when its attempts are used up.",
    [
      .sessionID, .receipt, .releaseError, .metadata,
    ],
    result:
      #"{"type":"object","properties":{"released":{"const":true},"state":{"enum":["open","dead"]},"attempts":{"type":"integer"}},"required":["released","state","attempts"]}"#,
    reasons: SessionMethods.reasonsOfSessions + [.leaseLost, .conflict],
    effect: .step,
    example: (
      #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","error":"the database is read-only"}"#,
      #"{"released":true,"state":"open","attempts":1}"#
    ),
    .procedure { arguments throws(RPCError) in
      let receipt = try arguments.receiptDigest(1)
      let error = try arguments.releaseError(2)
      return try arguments.sessionCall(metadata: 3).opening(
        .release(receipt: receipt, error: error)
      ) { scene, result throws(RPCError) in
        result.writeState(scene.record, after: "{\"released\":true,\"state\":")
        result.writeStaticString(",\"attempts\":")
        result.writeDecimal(scene.record.lease.attempts)
        result.writeStaticString("}")
      }
    })
}
