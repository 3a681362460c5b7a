internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// `pending.*`: data that wait for a client to come back with a token.
enum PendingMethods {
  static let all =
    [create, verify, exists, consume, update, delete] + PendingHandoverMethods.all
    + PendingOperatorMethods.all

  static let create = Method(
    "pending.create",
    "Keeps an operation's data until somebody comes with the token that this answers. Repeated with its idempotencyKey it answers the same token; CONFLICT when the key that this is kept by is not here any more. With an idempotencyKey nothing is made while the store can't be reached, whatever the backend.",
    [
      .operationTypeOrPreset, .pendingData, .pendingExpiresIn, .pendingBackend, .oneTime,
      .pendingSeal, .preset, .maxAttempts,
    ],
    result:
      #"{"type":"object","properties":{"token":{"type":"string"},"backend":{"enum":["store","jwt"]},"expiresAt":{"type":"string","format":"date-time"},"id":{"type":"string"}},"required":["token","backend","expiresAt","id"]}"#,
    reasons: [.ttlInvalid, .conflict],
    effect: .token,
    example: (
      #"{"operationType":"registration","data":{"email":"alice@example.com"},"expiresIn":"24h","backend":"store"}"#,
      #"{"token":"cks_…","backend":"store","expiresAt":"20…","id":"…"}"#
    ),
    .procedure { arguments throws(RPCError) in try PendingCreation(&arguments).opening })

  static let verify = Method(
    "pending.verify", "Reads the operation of a token; it stays as it is.",
    [.pendingToken, .operationType],
    result:
      #"{"type":"object","properties":{"id":{"type":"string"},"operationType":{"type":"string"},"data":true,"createdAt":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"},"etag":{"type":"string"},"backend":{"enum":["store","jwt"]},"oneTime":{"type":"boolean"},"state":{"enum":["open","checked_out","dead"]},"attempts":{"type":"integer"},"checked":{"type":"boolean"}},"required":["id","operationType","data","createdAt","expiresAt","etag","backend","oneTime"]}"#,
    reasons: reasonsOfTokens,
    effect: .read,
    example: (
      exampleOfToken,
      #"{"id":"…","operationType":"registration","data":{"email":"alice@example.com"},"createdAt":"20…","expiresAt":"20…","etag":"…","backend":"store","oneTime":false,"state":"open","attempts":0,"checked":true}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      return call.reading(withData: true) {
        operation, target, isChecked, result throws(RPCError) in
        try result.write(operation, of: target)
        result.write(operation.state, after: ",\"state\":")
        result.writeStaticString(",\"attempts\":")
        result.writeDecimal(Int64(operation.attempts))
        result.writeStaticString(",\"checked\":")
        result.writeJSON(isChecked)
        result.writeStaticString("}")
      }
    })

  static let exists = Method(
    "pending.exists", "Tells whether a token has an operation of that type, and why not.",
    [.pendingToken, .operationType],
    result:
      #"{"type":"object","properties":{"exists":{"type":"boolean"},"reason":{"type":"string"}},"required":["exists"]}"#,
    effect: .read,
    example: (exampleOfToken, #"{"exists":true}"#),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      return call.reading(
        withData: false,
        excuse: { error in
          error.isAboutToken ? ByteBuffer(excuse: "{\"exists\":false,\"reason\":\"", error) : nil
        }
      ) { _, _, _, result throws(RPCError) in
        result.writeStaticString(#"{"exists":true}"#)
      }
    })

  static let consume = Method(
    "pending.consume", "Reads the operation of a token and ends it: of many callers one gets it.",
    [.pendingToken, .operationType],
    result:
      #"{"type":"object","properties":{"id":{"type":"string"},"operationType":{"type":"string"},"data":true,"createdAt":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"},"etag":{"type":"string"},"backend":{"enum":["store","jwt"]},"oneTime":{"type":"boolean"}},"required":["id","operationType","data","createdAt","expiresAt","etag","backend","oneTime"]}"#,
    reasons: reasonsOfTokens + [.checkedOut, .conflict],
    effect: .step,
    example: (
      exampleOfToken,
      #"{"id":"…","operationType":"registration","data":{"email":"alice@example.com"},"createdAt":"20…","expiresAt":"20…","etag":"…","backend":"store","oneTime":false}"#
    ), givesOnlyCopy: true,
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      return call.opening(.consume, counts: .consumed) {
        outcome, target, result throws(RPCError) in
        guard case .operation(let operation) = outcome else { throw .unexpectedReply }
        try result.write(operation, of: target)
        result.writeStaticString("}")
      }
    })

  static let update = Method(
    "pending.update",
    "Changes an operation's data: replaces them, or merges a patch into them without losing what others change meanwhile. Data in a token can't be changed: with reissue there is another token, and the old one is used up.",
    [
      .pendingToken, .operationType, .newData, .patch, .pendingIfMatch, .updateTTL, .reissue,
      .onlyIf("A JSON Schema that the present data must fit; else CONFLICT with the violations."),
    ],
    result:
      #"{"type":"object","properties":{"etag":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"},"token":{"type":"string"},"id":{"type":"string"}},"required":["etag","expiresAt"]}"#,
    reasons: reasonsOfTokens + [
      .conflict, .checkedOut, .immutable, .ttlInvalid, .validationFailed,
    ],
    effect: .step,
    example: (
      #"{"token":"cks_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","operationType":"form","patch":{"step":2,"draft":null}}"#,
      #"{"etag":"…","expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in try PendingUpdate(&arguments).opening })

  static let delete = Method(
    "pending.delete", "Ends the operation of a token; false with the reason when it is gone.",
    [.pendingToken, .operationType],
    result:
      #"{"type":"object","properties":{"deleted":{"type":"boolean"},"reason":{"type":"string"}},"required":["deleted"]}"#,
    reasons: [.tokenInvalid, .wrongType, .checkedOut],
    effect: .step,
    example: (exampleOfToken, #"{"deleted":true}"#),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.pendingCall()
      return call.opening(
        .delete, counts: .deleted,
        excuse: { error in
          error.isAboutEnd ? ByteBuffer(excuse: "{\"deleted\":false,\"reason\":\"", error) : nil
        }
      ) { outcome, _, result throws(RPCError) in
        guard case .done = outcome else { throw .unexpectedReply }
        result.writeStaticString(#"{"deleted":true}"#)
      }
    })

  // MARK: Parts

  /// Why a token may be of no use.
  static let reasonsOfTokens: [Reason] = [
    .tokenInvalid, .wrongType, .notFound, .expired, .consumed, .deleted,
  ]

  /// An example of parameters.
  static let exampleOfToken: StaticString =
    #"{"token":"cks_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","operationType":"registration"}"#
}

extension RPCError {
  /// Whether there is no operation of that type for a token.
  fileprivate var isAboutToken: Bool {
    isAboutEnd || reason == .tokenInvalid || reason == .wrongType
  }

  /// Whether the operation is gone.
  fileprivate var isAboutEnd: Bool {
    switch reason {
    case .notFound, .expired, .consumed, .deleted: true
    default: false
    }
  }
}

extension ByteBuffer {
  /// A result that says no, and why.
  fileprivate init(excuse head: StaticString, _ error: RPCError) {
    self.init()
    writeStaticString(head)
    writeString(error.reason.name)
    writeStaticString("\"}")
  }
}
