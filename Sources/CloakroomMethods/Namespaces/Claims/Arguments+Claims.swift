internal import CloakroomCore

/// The parameters of `claim.*`.
extension Arguments {
  /// Who holds a claim, or is to hold it.
  ///
  /// - Throws: INVALID_PARAMS for what is no string, empty or longer than 256 bytes.
  mutating func owner(_ slot: Int) throws(RPCError) -> String {
    let owner = try string(slot, "owner", longest: 256)
    guard !owner.isEmpty else { throw RPCError(.invalidParams, "owner may not be empty") }
    return owner
  }

  /// How long to wait, in milliseconds; 0 when the caller doesn't say.
  ///
  /// - Throws: INVALID_PARAMS for more than an hour.
  mutating func waitMs(_ slot: Int) throws(RPCError) -> Int64 {
    let wait = has(slot) ? try integer(slot, "waitMs") : 0
    guard (0...3_600_000).contains(wait) else {
      throw RPCError(.invalidParams, "waitMs is between 0 and 3600000, one hour")
    }
    return wait
  }
}

extension Parameter {
  static let claimKey = Parameter(
    "key", #"{"type":"string","minLength":1}"#, required: true,
    "What the claim is on, at most 1,024 bytes.")
  static let owner = Parameter(
    "owner", #"{"type":"string","minLength":1}"#, required: true,
    "Who holds it: a name that no other holder has, at most 256 bytes.")
  static let claimTTL = Parameter(
    "ttl", #"{"type":["integer","string"]}"#,
    #"How long it is held from now on: seconds, or a string with a unit ("500ms", "90s", "30m"). Default: 30s."#
  )
  static let fence = Parameter(
    "fence", #"{"type":"integer"}"#,
    "The fence that came with the claim: any other one is FENCE_STALE.")
  static let waitMs = Parameter(
    "waitMs", #"{"type":"integer","minimum":0,"maximum":3600000,"default":0}"#,
    "How long to wait while another holds it, in milliseconds, at most an hour; first come, first served. Default: 0."
  )
  static let bindToConnection = Parameter(
    "bindToConnection", #"{"type":"boolean","default":false}"#, endsWithConnection: true,
    "Whether the claim is released when this connection closes, for whatever reason. Its TTL holds all the same. Default: false."
  )
}
