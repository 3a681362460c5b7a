internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `counter.*`: whole numbers of 64 bits that are changed in one step.
enum CounterMethods {
  static let all = [increment, decrement, get, reset, expire]

  private static let result: StaticString =
    #"{"type":"object","properties":{"value":{"type":"integer"},"applied":{"type":"boolean"}},"required":["value","applied"]}"#

  static let increment = Method(
    "counter.increment",
    "Adds to a counter, unless it would leave its bounds; one that is not there begins at 0.",
    [.key, .by, .min, .max, .ttl], result: result, reasons: [.ttlInvalid],
    effect: .step,
    example: (#"{"key":"page-views"}"#, #"{"value":1,"applied":true}"#),
    .primitive(
      begin: { arguments throws(RPCError) in try add(&arguments, sign: 1) }, end: writeCounted))

  static let decrement = Method(
    "counter.decrement",
    "Takes from a counter, unless it would leave its bounds; one that is not there begins at 0.",
    [.key, .by, .min, .max, .ttl], result: result, reasons: [.ttlInvalid],
    effect: .step,
    example: (#"{"key":"credits","by":10,"min":0}"#, #"{"value":90,"applied":true}"#),
    .primitive(
      begin: { arguments throws(RPCError) in try add(&arguments, sign: -1) }, end: writeCounted))

  static let get = Method(
    "counter.get", "Reads a counter; one that is not there is 0 and not applied.", [.key],
    result: result, effect: .read,
    example: (#"{"key":"page-views"}"#, #"{"value":42,"applied":true}"#),
    .primitive(
      begin: { arguments throws(RPCError) in
        .get(try arguments.storeKey(0, "key", in: .counter))
      },
      end: { reply, _, result throws(RPCError) in
        guard case .value(let text) = try reply.orThrow() else { throw .unexpectedReply }
        guard let text else { return write(0, applied: false, into: &result) }
        guard let value = DecimalText.number(in: text) else {
          throw RPCError(
            .storeRefused, "what is stored under that key is not a counter",
            details: [.text("code", "WRONGTYPE")])
        }
        write(value, applied: true, into: &result)
      }))

  static let reset = Method(
    "counter.reset", "Puts a counter back to 0 and ends its life; applied tells if there was one.",
    [.key], result: result, effect: .set,
    example: (#"{"key":"page-views"}"#, #"{"value":0,"applied":true}"#),
    .primitive(
      begin: { arguments throws(RPCError) in
        .remove(try arguments.storeKey(0, "key", in: .counter))
      },
      end: { reply, _, result throws(RPCError) in
        guard case .boolean(let existed) = try reply.orThrow() else { throw .unexpectedReply }
        write(0, applied: existed, into: &result)
      }))

  static let expire = Method(
    "counter.expire", "Gives a counter a new life, and tells whether there is one.",
    [.key, .requiredTTL], result: #"{"type":"boolean"}"#, reasons: [.ttlInvalid],
    effect: .set,
    example: (#"{"key":"daily-limit","ttl":86400}"#, "true"),
    .primitive(
      begin: { arguments throws(RPCError) in
        .expire(try arguments.storeKey(0, "key", in: .counter), try arguments.expiry(1))
      },
      end: { reply, _, result throws(RPCError) in
        guard case .boolean(let exists) = try reply.orThrow() else { throw .unexpectedReply }
        result.writeJSON(exists)
      }))

  private static func add(
    _ arguments: inout Arguments, sign: Int64
  ) throws(RPCError) -> StoreCommand {
    let key = try arguments.storeKey(0, "key", in: .counter)
    let amount = arguments.has(1) ? try arguments.integer(1, "by") : 1
    let (by, overflow) = amount.multipliedReportingOverflow(by: sign)
    guard !overflow else { throw RPCError(.invalidParams, "by is too large") }
    let lowest = arguments.has(2) ? try arguments.integer(2, "min") : Int64.min
    let highest = arguments.has(3) ? try arguments.integer(3, "max") : Int64.max
    guard lowest <= highest else { throw RPCError(.invalidParams, "min is above max") }
    return .add(key, by: by, within: lowest...highest, expiry: try arguments.expiry(4))
  }

  @Sendable
  private static func writeCounted(
    _ reply: StoreReply, _ context: ReplyContext, _ result: inout ByteBuffer
  ) throws(RPCError) {
    guard case .counted(let value, let applied) = try reply.orThrow() else {
      throw .unexpectedReply
    }
    write(value, applied: applied, into: &result)
  }

  private static func write(_ value: Int64, applied: Bool, into result: inout ByteBuffer) {
    result.writeStaticString("{\"value\":")
    result.writeDecimal(value)
    result.writeStaticString(",\"applied\":")
    result.writeJSON(applied)
    result.writeStaticString("}")
  }
}

extension Parameter {
  fileprivate static let by = Parameter(
    "by", #"{"type":"integer","default":1}"#, "How much. Default: 1.")
  fileprivate static let min = Parameter(
    "min", #"{"type":"integer"}"#, "The counter is left as it is rather than go below this.")
  fileprivate static let max = Parameter(
    "max", #"{"type":"integer"}"#, "The counter is left as it is rather than go above this.")
}
