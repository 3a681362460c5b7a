internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What limits were decided to, as it is told.
struct RateAnswer {
  /// How each of them stands, in the order in which they were asked for.
  let standings: [RateStanding]
  /// Whether they were asked for as a list.
  let isList: Bool

  /// Whether all of them can be taken.
  var isAllowed: Bool { standings.allSatisfy(\.isAllowed) }

  /// The limit that decides: the one with the longest wait, or else with the least left.
  private var tightest: RateStanding? {
    standings.min { left, right in
      (-left.retryAfterMs, left.remaining) < (-right.retryAfterMs, right.remaining)
    }
  }

  /// Writes how things stand.
  ///
  /// - Parameters:
  ///   - isTaken: whether what it costs was taken.
  ///   - isCheck: whether it was to be taken.
  func write(into result: inout ByteBuffer, isTaken: Bool, isCheck: Bool) {
    let after = isTaken ? RateAnswer(standings: standings.map(\.taken), isList: isList) : self
    result.writeStaticString("{\"allowed\":")
    result.writeJSON(isAllowed)
    if let tightest = after.tightest {
      result.writeStaticString(",")
      result.write(tightest)
    } else {
      result.writeStaticString(",\"limit\":null,\"remaining\":null,\"resetMs\":0")
    }
    result.writeStaticString(",\"retryAfterMs\":")
    result.writeDecimal(tightest?.retryAfterMs ?? 0)
    if isCheck { result.writeStaticString(",\"checked\":true") }
    if isList {
      result.writeStaticString(",\"results\":[")
      for (index, (before, after)) in zip(standings, after.standings).enumerated() {
        result.writeStaticString(index > 0 ? ",{\"allowed\":" : "{\"allowed\":")
        result.writeJSON(before.isAllowed)
        result.writeStaticString(",")
        result.write(after)
        result.writeStaticString(",\"retryAfterMs\":")
        result.writeDecimal(before.retryAfterMs)
        result.writeStaticString("}")
      }
      result.writeStaticString("]")
    }
    result.writeStaticString("}")
  }

  /// How long to wait before asking again when the store can't say, in milliseconds.
  private static let outageMs: Int64 = 1000

  /// Writes what a check answers that the store could not be asked for.
  ///
  /// - Returns: what it is counted as.
  /// - Throws: the error, if it is another.
  static func writeUnchecked(
    _ demands: [RateDemand], isList: Bool, isAllowed: Bool, for error: RPCError,
    into result: inout ByteBuffer
  ) throws(RPCError) -> RateDecision {
    guard error.isOfNoStore else { throw error }
    let retryAfterMs = error.retryAfterMs ?? outageMs
    func write(_ limit: Int64?) {
      result.writeStaticString("{\"allowed\":")
      result.writeJSON(isAllowed)
      result.writeStaticString(",\"limit\":")
      if let limit { result.writeDecimal(limit) } else { result.writeStaticString("null") }
      result.writeStaticString(",\"remaining\":null,\"resetMs\":null,\"retryAfterMs\":")
      result.writeDecimal(isAllowed ? 0 : retryAfterMs)
    }
    write(demands.count == 1 ? demands[0].limit.limit : nil)
    result.writeStaticString(",\"checked\":false")
    if isList {
      result.writeStaticString(",\"results\":[")
      for (index, demand) in demands.enumerated() {
        if index > 0 { result.writeStaticString(",") }
        write(demand.limit.limit)
        result.writeStaticString("}")
      }
      result.writeStaticString("]")
    }
    result.writeStaticString("}")
    return isAllowed ? .allowedUnchecked : .deniedUnchecked
  }
}

extension RPCError {
  /// Whether the store could not be asked, or would not do anything, whatever it was asked for.
  fileprivate var isOfNoStore: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown, .storeRefused, .overloaded: true
    default: false
    }
  }
}

extension ByteBuffer {
  /// Writes what is left of a limit, as members of an object.
  mutating func write(_ standing: RateStanding) {
    writeStaticString("\"limit\":")
    writeDecimal(standing.limit.limit)
    writeStaticString(",\"remaining\":")
    writeDecimal(standing.remaining)
    writeStaticString(",\"resetMs\":")
    writeDecimal(standing.resetMs)
  }
}
