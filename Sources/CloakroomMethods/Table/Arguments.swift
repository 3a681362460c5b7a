internal import BasicContainers
public import CloakroomCore
public import CloakroomStore
public import CloakroomWire
public import NIOCore

/// The parameters of the call that is being started, taken apart by its method's row in the table.
///
/// There is one for each event loop, used for one call after another, so that taking parameters
/// apart allocates nothing. What it hands out are slices of the request's own bytes.
///
/// What reads it is `mutating` too, though it changes nothing: it is passed by its address then, and
/// otherwise by its value, which is hundreds of bytes.
public struct Arguments: ~Copyable {
  /// What holds for all calls.
  public let settings: Settings
  /// What admission gave the call.
  public var permit: Permit? { held.permit }
  /// What the method remembers until the store has answered.
  public var replyContext = ReplyContext()
  /// What the access log will say of the call; kept only when there is a log.
  public var notes = CallNotes()
  /// The caller's patience in milliseconds.
  public private(set) var deadlineMs: Int64?

  /// Whether a key of the call was longer than a key may be.
  public internal(set) var hasLongKey = false

  /// What reading the call's parameters may still cost where they are read.
  var allowance: WorkAllowance
  /// The same for each call before it begins.
  private let wholeAllowance: WorkAllowance

  /// The request's envelope and parameters, as the scanner has found them.
  public var scanner: RequestScanner

  /// The request's bytes, and the permit.
  private(set) var held: HeldRequest
  var names = ByteBuffer()
  /// Which member each of the method's parameters is; says nothing where `given` has no bit. No
  /// InlineArray: to index one copies all of it.
  var slots = UniqueArray<Int8>(repeating: -1, count: 32)
  /// The parameters that the caller gave, one bit each.
  var given: UInt32 = 0
  /// Whose data the call is about, outermost first.
  private(set) var scope: [ScopeStep] = []
  /// Who acts.
  private(set) var actor: String?
  /// Where the answers to the call's mutations are kept; nil when the call has no idempotency key.
  public internal(set) var idempotency: IdempotencyRecord?

  /// Arguments with what holds for all calls.
  ///
  /// - Parameters:
  ///   - depthLimit: how deep a request's JSON may be nested.
  ///   - allowance: what reading the parameters of each call may cost.
  ///   - nothing: an empty buffer that no other loop has.
  public init(
    settings: Settings, depthLimit: Int, allowance: WorkAllowance = .whole,
    nothing: ByteBuffer = ByteBuffer()
  ) {
    self.settings = settings
    self.allowance = allowance
    wholeAllowance = allowance
    held = HeldRequest(nothing: nothing)
    scanner = RequestScanner(depthLimit: depthLimit)
  }

  /// Takes on the parameters of a call whose request has been scanned. The request and the permit
  /// are consumed, so that no reference is counted.
  ///
  /// - Throws: INVALID_PARAMS for a parameter that is unknown, given twice or missing, SCOPE_…
  ///   for a scope that may not be.
  public mutating func begin(
    _ method: Method, request: consuming ByteBuffer, permit: consuming Permit
  ) throws(RPCError) {
    hold(request, permit)
    do throws(RPCError) {
      try take(method)
    } catch {
      end()
      throw error
    }
  }

  @inline(__always)
  mutating func hold(_ request: consuming ByteBuffer, _ permit: consuming Permit) {
    held.hold(request, permit)
    allowance = wholeAllowance
    given = 0
    hasLongKey = false
    replyContext = ReplyContext()
    deadlineMs = nil
    // Few calls bring these, and to write nothing over nothing counts references too.
    if notes.isKept { notes = CallNotes(isKept: true) }
    if !scope.isEmpty { scope = [] }
    if idempotency != nil { idempotency = nil }
    if actor != nil { actor = nil }
  }

  @inline(__always)
  mutating func take(_ method: Method) throws(RPCError) {
    try assign(method)
    try takeCommon(of: method)
  }

  /// Lets go of the request's bytes.
  public mutating func end() {
    held.letGo()
  }

  @inline(__always)
  private mutating func takeCommon(of method: Method) throws(RPCError) {
    let first = method.parameters.count
    if given >> UInt32(truncatingIfNeeded: first) != 0 {
      try takeGivenCommon(of: method, first: first)
    } else if !settings.scopes.allowAll {
      try settings.scopes.check(scope)
    }
  }

  private mutating func takeGivenCommon(of method: Method, first: Int) throws(RPCError) {
    if has(first) { scope = try readScope(first) }
    try settings.scopes.check(scope)
    if has(first + 2) {
      let milliseconds = try integer(first + 2, "deadlineMs")
      guard milliseconds > 0 else {
        throw RPCError(.invalidParams, "deadlineMs is a positive number of milliseconds")
      }
      deadlineMs = milliseconds
    }
    // Checked whether or not a log is kept: what is accepted does not depend on the configuration.
    actor = has(first + 1) ? try string(first + 1, "actor", longest: 256) : nil
    let traceparent = has(first + 3) ? try string(first + 3, "traceparent", longest: 256) : nil
    if has(first + 4) {
      idempotency = try readIdempotency(first + 4, life: first + 5, of: method)
    } else if has(first + 5) {
      throw RPCError(.invalidParams, "idempotencyTtl goes with an idempotencyKey only")
    }
    if notes.isKept {
      notes.actor = actor
      notes.traceparent = traceparent
      if !scope.isEmpty { notes.scope = scope.map(\.key).joined(separator: "/") }
    }
  }

  // MARK: What was given

  /// Whether the caller gave the parameter.
  @inline(__always)
  public mutating func has(_ slot: Int) -> Bool {
    given & 1 << UInt32(truncatingIfNeeded: slot) != 0
  }

  @inline(__always)
  mutating func member(_ slot: Int, _ name: StaticString) throws(RPCError) -> JSONMember {
    guard has(slot) else { throw RPCError(.invalidParams, "\(name) is missing") }
    return scanner.members[Int(slots[slot])]
  }

  /// What kind of JSON the parameter is; nil when it was not given.
  public mutating func kind(_ slot: Int) -> JSONKind? {
    has(slot) ? scanner.members[Int(slots[slot])].kind : nil
  }

}

/// What a call's parameters tell the access log; never a value.
public struct CallNotes: Sendable {
  /// Whether there is a log to keep notes for.
  public let isKept: Bool
  /// The caller's own key, in clear; it leaves the process as a keyed hash.
  public var key: [UInt8]?
  /// Which session it is about, and what is done with it.
  public var session: SessionNote?
  /// The scope's keys, outermost first, joined with `/`.
  public var scope: String?
  /// The life given to what is written, in milliseconds.
  public var ttlMs: Int64?
  /// Who acts.
  public var actor: String?
  /// W3C trace context.
  public var traceparent: String?

  /// Notes with nothing in them yet.
  public init(isKept: Bool = false) { self.isKept = isKept }
}
