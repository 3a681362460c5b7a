internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The parameters of `pending.*`.
extension Arguments {
  /// How long an operation's type is at most, in bytes.
  private static let longestType = 128

  /// The operation of the token in the first parameter, of the type in the second.
  ///
  /// A token that is of no use fails the call, but only once its other parameters are read.
  mutating func pendingCall() throws(RPCError) -> PendingCall {
    let type = try operationType(1)
    let text = try string(0, "token", longest: settings.frameBytes)
    let names = try PendingNames(&self)
    // Until it is known of which operation it is; a token that can't be read has no other name.
    if notes.isKept { notes.key = Array(PendingToken.id(ofStored: text).utf8) }
    return PendingCall(
      place: place(of: text, type, names), type: type, retention: settings.pendingRetention)
  }

  private mutating func place(
    of text: String, _ type: String, _ names: PendingNames
  ) -> PendingCall.Place {
    do throws(RPCError) {
      switch try PendingToken(text) {
      case .stored(let text):
        let id = PendingToken.id(ofStored: text)
        return .known(PendingTarget(id: id, key: try names.key(id)))
      case .signed(let text):
        return try PendingSigner(tokens: settings.tokens, names: names).place(text, type: type) {
          if notes.isKept { notes.key = Array($0.utf8) }
        }
      }
    } catch {
      return .slow { [error] _ throws(RPCError) in throw error }
    }
  }

  /// An operation's type.
  ///
  /// - Throws: INVALID_PARAMS for what is no string of 1 to 128 bytes.
  mutating func operationType(_ slot: Int, otherwise: String? = nil) throws(RPCError) -> String {
    if !has(slot), let otherwise { return otherwise }
    let type = try string(slot, "operationType", longest: Self.longestType)
    guard !type.isEmpty else { throw RPCError(.invalidParams, "operationType may not be empty") }
    return type
  }

  /// The preset that the call names.
  ///
  /// - Throws: INVALID_PARAMS for a name that the configuration doesn't have.
  mutating func preset(
    _ slot: Int, in presets: [ByteString: Configuration.Pending.Preset]
  ) throws(RPCError) -> (name: String, value: Configuration.Pending.Preset)? {
    guard has(slot) else { return nil }
    let name = try string(slot, "preset", longest: Self.longestType)
    guard let value = presets[ByteString(name)] else {
      throw RPCError(
        .invalidParams,
        "preset is one of \(presets.keys.map(\.text).sorted().joined(separator: ", "))")
    }
    return (name, value)
  }

  /// Where an operation's data are to be.
  mutating func backend(_ slot: Int) throws(RPCError) -> Configuration.Pending.Backend? {
    guard has(slot) else { return nil }
    let name = try string(slot, "backend", longest: 16)
    guard let backend = Configuration.Pending.Backend(rawValue: name) else {
      throw RPCError(.invalidParams, "backend is \"auto\", \"store\" or \"jwt\"")
    }
    return backend
  }

  /// How often an operation can be checked out; 0 is any number of times.
  mutating func maxAttempts(_ slot: Int) throws(RPCError) -> Int? {
    switch kind(slot) {
    case nil: return nil
    case .null: return 0
    default:
      let most = Configuration.Pending.mostAttempts
      let number = try integer(slot, "maxAttempts")
      guard number >= 1, number <= most else {
        throw RPCError(.invalidParams, "maxAttempts is between 1 and \(most), or null")
      }
      return Int(number)
    }
  }

  /// What becomes of an operation's life when it is changed.
  mutating func lifeOfUpdate(_ slot: Int) throws(RPCError) -> PendingChange.Life {
    if kind(slot) == .string {
      switch try string(slot, "ttl", longest: 64) {
      case "keep": return .keep
      case "reset": return .reset
      default: break
      }
    }
    guard let life = try givenLife(slot, "ttl") else { return .keep }
    if notes.isKept { notes.ttlMs = life.milliseconds }
    return .after(life)
  }
}

extension Parameter {
  static let pendingToken = Parameter(
    "token", #"{"type":"string","minLength":1}"#, required: true,
    "The token, as pending.create has answered it.")
  static let operationType = Parameter(
    "operationType", #"{"type":"string","minLength":1,"maxLength":128}"#, required: true,
    "What the operation has to be: a token of one type never passes for another.")
  static let operationTypeOrPreset = Parameter(
    "operationType", #"{"type":"string","minLength":1,"maxLength":128}"#,
    "What the operation is. Default: the preset's name.")
  static let pendingData = Parameter(
    // Required, but the type before it in a row is not: that it is missing is found when it is read.
    "data", "true", "Any JSON; it comes back byte for byte. It has to be given.")
  static let pendingExpiresIn = Parameter(
    "expiresIn", #"{"type":["integer","string"]}"#,
    #"How long it can be used: seconds, or a string with a unit ("90s", "30m", "24h"). Default: the preset's, or 24h."#
  )
  static let pendingBackend = Parameter(
    "backend", #"{"enum":["auto","store","jwt"]}"#,
    "Where the data are: in the store, in the token itself, or (auto) in the store when it can be reached and else in the token. Default: the preset's, or auto."
  )
  static let oneTime = Parameter(
    "oneTime", #"{"type":"boolean"}"#,
    "Whether the token is never taken at its word: without a store that can say that it is unused, it is of no use. Default: the preset's, or false."
  )
  static let pendingSeal = Parameter(
    "seal", #"{"type":"boolean"}"#,
    "Whether data in a token are encrypted, so that nobody without the sealing key can read them. Default: the preset's, or false."
  )
  static let preset = Parameter(
    "preset", #"{"type":"string"}"#,
    "A kind of operation that the configuration knows: registration, campaign, form, password-reset, email-verification, and its own."
  )
  static let maxAttempts = Parameter(
    "maxAttempts", #"{"type":["integer","null"],"minimum":1,"maximum":1000000}"#,
    "How often it can be checked out before it is left to an operator; null is any number of times. Default: the preset's, or 10."
  )
  static let newData = Parameter(
    "data", "true", "Any JSON, in place of what there is.")
  static let patch = Parameter(
    "patch", "true",
    "A merge patch (RFC 7396): members that it has are set, those that are null are removed, all others keep their bytes."
  )
  static let pendingIfMatch = Parameter(
    "ifMatch", #"{"type":"string"}"#,
    "Change only data that have this etag; else CONFLICT. Without it, a patch is merged into whatever there is."
  )
  static let updateTTL = Parameter(
    "ttl", #"{"type":["integer","string"]}"#,
    #"What becomes of its life: "keep", "reset" (as long as it was given last begins anew), or a new one. Default: keep."#
  )
  static let reissue = Parameter(
    "reissue", #"{"type":"boolean","default":false}"#,
    "Where the data are in the token: answer another token with the changed data, and use up the old one. Default: false."
  )
  static let leaseTTL = Parameter(
    "leaseTtl", #"{"type":["integer","string"]}"#,
    #"How long it is the caller's: seconds, or a string with a unit. Default: 60s."#)
  static let receipt = Parameter(
    "receipt", #"{"type":"string","minLength":1}"#, required: true,
    "The receipt that came with the checkout.")
  static let commitResult = Parameter(
    "result", "true",
    "Any JSON, as the id of what was made: the answer to a repetition of the commit. Default: null."
  )
}
