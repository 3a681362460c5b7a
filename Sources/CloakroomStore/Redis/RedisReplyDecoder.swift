internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

/// How Redis' reply to a command is to be read.
enum RedisReplyDecoder: UInt8 {
  /// `+OK`, or null when a condition of SET did not hold.
  case stored
  /// 1, 0 or -1 of the script that sets conditionally.
  case storedConditionally
  /// An integer that is 0 or not.
  case boolean
  /// A string or null.
  case value
  /// A string and an integer, or null.
  case entry
  /// An array of strings and nulls.
  case values
  /// A decimal text and whether it was changed.
  case counted
  /// What became of taking a rate limit.
  case rate
  /// What a step that carries its parts reads.
  case step
  /// A record or null.
  case record
  /// Null when a record was made, else the one that is there.
  case created
  /// 1, or an array of what is there instead.
  case commit
  /// The same, of a commit that keeps its answer.
  case keptCommit
  /// Redis' time.
  case time
  /// What Redis says of itself.
  case facts
  /// Whether Redis takes writes.
  case probe
  /// What a record has for a commit or for a step that was done, with a note or without; or null.
  case kept
  /// An integer.
  case number
  /// Anything that is not an error.
  case done

  /// Reads a reply.
  ///
  /// - Parameter step: which of `StoreSteps.all` reads it, for `.step`.
  func read(_ reply: borrowing RESPReply, step: Int) -> StoreReply {
    let first = reply.first
    if first.kind == .error {
      return .failure(RPCError(redisError: reply))
    }
    switch self {
    case .done:
      return .done
    case .number:
      return .number(first.integer)
    case .stored:
      return first.kind == .null ? .failure(RPCError(.conflict)) : .done
    case .storedConditionally:
      return switch first.integer {
      case 1: .done
      case 0: .failure(RPCError(.notFound))
      default: .failure(RPCError(.conflict))
      }
    case .boolean:
      return .boolean(first.integer != 0)
    case .value:
      return .value(first.kind == .string ? reply.slice(of: first) : nil)
    case .entry:
      guard first.kind == .array, reply.nodes.count == 3 else { return .value(nil) }
      let ttl = reply.nodes[2].integer
      return .entry(reply.slice(of: reply.nodes[1]), ttlMs: ttl < 0 ? nil : ttl)
    case .values:
      return .values(
        reply.nodes.dropFirst().map { $0.kind == .string ? reply.slice(of: $0) : nil })
    case .counted:
      guard
        first.kind == .array, reply.nodes.count == 3,
        let value = Int64(reply.text(of: reply.nodes[1]))
      else { return .failure(RPCError(.internal, "Redis answered a counter with no number")) }
      return .counted(value, applied: reply.nodes[2].integer == 1)
    case .rate:
      do throws(RPCError) {
        guard let outcome = try RateScript.readOne(reply) else {
          return .failure(RPCError(.internal, "Redis answered a rate limit with something else"))
        }
        return .rate(outcome)
      } catch {
        return .failure(error)
      }
    case .step:
      guard StoreSteps.all.indices.contains(step) else { return .failure(RPCError(.internal)) }
      return StoreSteps.all[step].storeReply(reply)
    case .record, .created, .commit, .keptCommit, .time, .facts, .probe:
      // The link reads these: they go by its clock, or are for itself.
      return .failure(RPCError(.internal))
    case .kept:
      return Self.readKept(reply)
    }
  }
}

extension RESPReply {
  /// The integer at a place; nil when there is none.
  func integer(_ index: Int) -> Int64? {
    guard index < nodes.count, nodes[index].kind == .integer else { return nil }
    return nodes[index].integer
  }

  /// The string at a place; nil when there is none.
  func string(_ index: Int) -> ByteBuffer? {
    guard index < nodes.count, nodes[index].kind == .string else { return nil }
    return slice(of: nodes[index])
  }
}
