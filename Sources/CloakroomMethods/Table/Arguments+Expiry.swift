public import CloakroomCore
public import CloakroomStore
public import CloakroomWire

/// Parameters that say how long something lives.
extension Arguments {
  /// A life that the caller gives, or the default.
  ///
  /// - Throws: TTL_INVALID for what is no TTL, and for ever where the configuration forbids it.
  public mutating func expiry(_ slot: Int) throws(RPCError) -> Expiry {
    let expiry = has(slot) ? try givenExpiry(slot) : .after(settings.defaultTTL)
    if notes.isKept, case .after(let life) = expiry { notes.ttlMs = life.milliseconds }
    return expiry
  }

  @inline(__always)
  private mutating func givenExpiry(_ slot: Int) throws(RPCError) -> Expiry {
    do throws(RPCError) {
      return try expiry(try member(slot, "ttl"))
    } catch {
      throw error.at("/ttl")
    }
  }

  /// A life that is written in a part of the request.
  @inline(__always)
  public mutating func expiry(_ member: JSONMember) throws(RPCError) -> Expiry {
    guard member.kind == .number else { return try expiry(ofNoNumber: member) }
    guard let seconds = wholeNumber(member) else { throw RPCError(.ttlInvalid) }
    return .after(try TimeToLive(seconds: seconds))
  }

  private mutating func expiry(ofNoNumber member: JSONMember) throws(RPCError) -> Expiry {
    switch member.kind {
    case .null:
      guard settings.allowForever else {
        throw RPCError(.ttlInvalid, "the configuration does not allow values to live for ever")
      }
      return .never
    case .string:
      // Fifteen bytes and less, as every TTL has, are kept in the string itself.
      guard let text = decoded(member.content, member.hasEscapes) else {
        throw RPCError(.ttlInvalid)
      }
      switch text {
      case "keep": return .keep(otherwise: settings.defaultTTL)
      case "reset": return .after(settings.defaultTTL)
      default: return .after(try TimeToLive(text: text.utf8))
      }
    default:
      throw RPCError(.ttlInvalid)
    }
  }

  /// How long something lives that never lives for ever, whatever the configuration allows for values: a
  /// claim whose holder has died, say. No word means anything here, as "keep" does for values.
  ///
  /// - Throws: TTL_INVALID for anything but whole seconds and digits with a unit.
  mutating func life(
    _ slot: Int, _ name: StaticString, otherwise: TimeToLive
  ) throws(RPCError) -> TimeToLive {
    let life = try givenLife(slot, name) ?? otherwise
    if notes.isKept { notes.ttlMs = life.milliseconds }
    return life
  }

  /// The same; nil when the caller gives none.
  mutating func givenLife(_ slot: Int, _ name: StaticString) throws(RPCError) -> TimeToLive? {
    do throws(RPCError) {
      return try unplacedLife(slot, name)
    } catch {
      throw error.at("/\(name)")
    }
  }

  private mutating func unplacedLife(
    _ slot: Int, _ name: StaticString
  ) throws(RPCError) -> TimeToLive? {
    switch kind(slot) {
    case nil:
      return nil
    case .number:
      guard case .after(let life) = try expiry(try member(slot, name)) else {
        throw RPCError(.ttlInvalid)
      }
      return life
    case .string:
      let text: String
      do throws(RPCError) {
        text = try string(slot, name, longest: 64)
      } catch {
        throw RPCError(.ttlInvalid)
      }
      return try TimeToLive(text: text.utf8)
    default:
      throw RPCError(.ttlInvalid, "a TTL is a time here, and never for ever")
    }
  }
}
