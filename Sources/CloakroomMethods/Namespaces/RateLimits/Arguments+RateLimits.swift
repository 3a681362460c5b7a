internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The parameters of `ratelimit.*`.
extension Arguments {
  /// The one limit that a call asks for; nil when it gives a list.
  ///
  /// - Throws: INVALID_PARAMS for a limit or cost that can't be kept, and for a policy that there is not.
  mutating func rateDemand() throws(RPCError) -> RateDemand? {
    guard !has(6) else { return nil }
    let limit = try rateLimit(in: rateParts())
    let key = try rateKey(try member(0, "key"), limit.policy, isNoted: true)
    return try RateDemand(key, limit.limit, cost: try rateCost())
  }

  /// What limits a call asks for in a list.
  ///
  /// - Throws: INVALID_PARAMS where they are not one of the forms there are, for a limit or cost that can't be
  ///   kept, for a policy that there is not, and for the same limit given twice.
  mutating func rateDemands() throws(RPCError) -> [RateDemand] {
    let cost = try rateCost()
    var demands: [RateDemand] = []
    for (place, entry) in try rateEntries().enumerated() {
      let demand: RateDemand
      do throws(RPCError) {
        let limit = try rateLimit(in: entry)
        guard let member = entry.key else { throw RPCError(.invalidParams, "key is missing") }
        demand = try RateDemand(try rateKey(member, limit.policy), limit.limit, cost: cost)
      } catch {
        throw error.at("/all/\(place)")
      }
      guard
        !demands.contains(where: {
          $0.key == demand.key
            && $0.limit.windowMicroseconds == demand.limit.windowMicroseconds
        })
      else { throw RPCError(.invalidParams, "all has a key twice with the same window") }
      demands.append(demand)
    }
    return demands
  }

  private mutating func rateCost() throws(RPCError) -> Int64 {
    has(4) ? try integer(4, "cost") : 1
  }

  /// The keys that a call names; what else it says of their limits has no meaning.
  ///
  /// - Throws: INVALID_PARAMS where they are not one of the forms there are.
  mutating func rateKeys() throws(RPCError) -> [StoreKey] {
    guard has(6) else {
      return [try rateKey(try member(0, "key"), try policyName(rateParts()), isNoted: true)]
    }
    var keys: [StoreKey] = []
    for entry in try rateEntries() {
      guard let member = entry.key else { throw RPCError(.invalidParams, "key is missing") }
      keys.append(try rateKey(member, try policyName(entry)))
    }
    return keys
  }

  /// What a check answers when the store can't be asked.
  mutating func isAllowedUnchecked(_ slot: Int) throws(RPCError) -> Bool {
    guard has(slot) else { return false }
    switch try string(slot, "onUnavailable", longest: 16) {
    case "allow": return true
    case "deny": return false
    default: throw RPCError(.invalidParams, "onUnavailable is \"deny\" or \"allow\"")
    }
  }

  /// What is said of one limit, not looked at yet.
  private struct RateParts {
    var key: JSONMember?
    var limit: JSONMember?
    var window: JSONMember?
    var burst: JSONMember?
    var policy: JSONMember?
  }

  private mutating func rateParts() throws(RPCError) -> RateParts {
    RateParts(
      limit: has(1) ? try member(1, "limit") : nil, window: has(2) ? try member(2, "window") : nil,
      burst: has(3) ? try member(3, "burst") : nil, policy: has(5) ? try member(5, "policy") : nil)
  }

  private mutating func rateEntries() throws(RPCError) -> [RateParts] {
    guard !has(0), !has(1), !has(2), !has(3), !has(5) else {
      throw RPCError(
        .invalidParams, "all goes without key, limit, window, burst and policy of its own")
    }
    var entries: [RateParts] = []
    for element in try elements(6, "all", atMost: RateDemand.limit) {
      guard element.kind == .object, let members = parts(of: element, atMost: 5) else {
        throw Self.unknownEntry
      }
      var entry = RateParts()
      for member in members {
        if entry.key == nil, isNamed(member, "key") {
          entry.key = member
        } else if entry.limit == nil, isNamed(member, "limit") {
          entry.limit = member
        } else if entry.window == nil, isNamed(member, "window") {
          entry.window = member
        } else if entry.burst == nil, isNamed(member, "burst") {
          entry.burst = member
        } else if entry.policy == nil, isNamed(member, "policy") {
          entry.policy = member
        } else {
          throw Self.unknownEntry
        }
      }
      entries.append(entry)
    }
    return entries
  }

  private static var unknownEntry: RPCError {
    RPCError(
      .invalidParams, "all holds objects with key, limit, window and burst, or with key and policy")
  }

  private mutating func rateLimit(
    in parts: RateParts
  ) throws(RPCError) -> (limit: RateLimit, policy: String?) {
    if let name = try policyName(parts) {
      guard parts.limit == nil, parts.window == nil, parts.burst == nil else {
        throw RPCError(.invalidParams, "policy goes without limit, window and burst")
      }
      guard let limit = settings.ratePolicies[ByteString(name)] else {
        throw RPCError(.invalidParams, "the configuration has no such policy (ratelimit.policies)")
      }
      return (limit, name)
    }
    guard let limit = parts.limit, let window = parts.window else {
      throw RPCError(.invalidParams, "a limit and a window, or a policy, are missing")
    }
    let burst: Int64? = if let burst = parts.burst { try count(burst, "burst") } else { nil }
    return (
      try RateLimit(limit: count(limit, "limit"), window: time(window), burst: burst), nil
    )
  }

  private mutating func policyName(_ parts: RateParts) throws(RPCError) -> String? {
    guard let member = parts.policy else { return nil }
    let name = try string(member, "policy", longest: PlainName.longest)
    guard PlainName.accepts(name) else {
      throw RPCError(.invalidParams, "the configuration has no such policy (ratelimit.policies)")
    }
    return name
  }

  private mutating func count(
    _ member: JSONMember, _ name: StaticString
  ) throws(RPCError) -> Int64 {
    guard member.kind == .number, let number = wholeNumber(member) else {
      throw RPCError(.invalidParams, "\(name) is a whole number")
    }
    return number
  }

  private mutating func time(_ member: JSONMember) throws(RPCError) -> TimeToLive {
    do throws(RPCError) {
      switch member.kind {
      case .number:
        guard let seconds = wholeNumber(member) else { throw RPCError(.ttlInvalid) }
        return try TimeToLive(seconds: seconds)
      case .string:
        return try TimeToLive(text: string(member, "window", longest: 64).utf8)
      default: throw RPCError(.ttlInvalid)
      }
    } catch {
      throw RPCError(
        .invalidParams,
        "window is a number of seconds or a string with a unit, from one millisecond to ten years")
    }
  }

  /// The name of what is known of the limits on a key: those of a policy are apart from others.
  private mutating func rateKey(
    _ member: JSONMember, _ policy: String?, isNoted: Bool = false
  ) throws(RPCError) -> StoreKey {
    try storeKey(
      member, "key", in: .ratelimit, behind: policy.map { "policy:\($0):" } ?? "key:",
      isNoted: isNoted)
  }
}
