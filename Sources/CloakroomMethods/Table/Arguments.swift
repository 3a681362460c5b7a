public import CloakroomCore
public import CloakroomStore
public import CloakroomWire
public import NIOCore

/// The parameters of the call that is being started, taken apart by its method's row in the table.
///
/// There is one for each event loop, used for one call after another, so that taking parameters
/// apart allocates nothing. What it hands out are slices of the request's own bytes.
public struct Arguments: ~Copyable {
  /// What holds for all calls.
  public let settings: Settings
  /// What admission gave the call.
  public private(set) var permit: Permit?
  /// What the method remembers until the store has answered.
  public var memo = Memo()
  /// What the access log will say of the call; kept only when there is a log.
  public var notes = CallNotes()
  /// The caller's patience in milliseconds.
  public private(set) var deadlineMs: Int64?

  /// Whether a key of the call was longer than a key may be.
  public private(set) var hasLongKey = false

  /// The request's envelope and parameters, as the scanner has found them.
  public var scanner: RequestScanner

  private(set) var request = ByteBuffer()
  private var names = ByteBuffer()
  /// Which member each of the method's parameters is; says nothing where `given` has no bit.
  private var slots = InlineArray<32, Int8>(repeating: -1)
  /// The parameters that the caller gave, one bit each.
  private var given: UInt32 = 0
  /// Whose data the call is about, outermost first.
  private(set) var scope: [ScopeStep] = []
  /// Who acts.
  private(set) var actor: String?
  /// The record that the call's mutations keep; nil when the call has no idempotency key.
  public internal(set) var record: OnceRecord?

  /// Arguments with what holds for all calls.
  ///
  /// - Parameter depthLimit: how deep a request's JSON may be nested.
  public init(settings: Settings, depthLimit: Int) {
    self.settings = settings
    scanner = RequestScanner(depthLimit: depthLimit)
  }

  // MARK: Taking parameters apart

  /// Takes on the parameters of a call whose request has been scanned.
  ///
  /// - Throws: INVALID_PARAMS for a parameter that is unknown, given twice or missing, SCOPE_…
  ///   for a scope that may not be.
  public mutating func begin(
    _ method: Method, request: ByteBuffer, permit: Permit
  ) throws(RPCError) {
    self.permit = permit
    self.request = request
    given = 0
    hasLongKey = false
    memo = Memo()
    if notes.isKept { notes = CallNotes(isKept: true) }
    if !scope.isEmpty { scope = [] }
    if record != nil { record = nil }
    deadlineMs = nil
    actor = nil
    do throws(RPCError) {
      try assign(method)
      try takeCommon(of: method)
    } catch {
      end()
      throw error
    }
  }

  /// Lets go of the request's bytes.
  public mutating func end() {
    request = ByteBuffer()
    permit = nil
  }

  private mutating func assign(_ method: Method) throws(RPCError) {
    guard !scanner.hasTooManyMembers else {
      throw RPCError(.invalidParams, "more parameters than any method takes")
    }
    if scanner.paramsKind == .array {
      try assignByPosition(method)
    } else {
      try assignByName(method)
    }
    let missing = method.required & ~given
    guard missing == 0 else {
      let parameter = method.parameters[missing.trailingZeroBitCount]
      throw RPCError(.invalidParams, "\(parameter.name) is missing")
    }
  }

  private mutating func assignByPosition(_ method: Method) throws(RPCError) {
    guard scanner.members.count <= method.parameters.count else {
      throw RPCError(
        .invalidParams, "the method takes at most \(method.parameters.count) parameters")
    }
    for index in scanner.members.indices { give(index, to: index) }
  }

  private mutating func assignByName(_ method: Method) throws(RPCError) {
    for index in scanner.members.indices {
      let member = scanner.members[index]
      guard let slot = slot(of: member, first: index, in: method) else {
        throw RPCError(
          .invalidParams,
          "unknown parameter \(nameForPeople(member)); \(method.name) takes "
            + method.allParameters.map { "\($0.name)" }.joined(separator: ", "))
      }
      guard !has(slot) else {
        throw RPCError(.invalidParams, "\(method.allParameters[slot].name) is given twice")
      }
      give(index, to: slot)
    }
  }

  private mutating func give(_ member: Int, to slot: Int) {
    slots[slot] = Int8(truncatingIfNeeded: member)
    given |= 1 &<< UInt32(truncatingIfNeeded: slot)
  }

  /// The parameter that a member is.
  ///
  /// - Parameter first: where to look first; most callers keep to the documented order.
  private func slot(of member: JSONMember, first: Int, in method: Method) -> Int? {
    if first < method.parameters.count, isNamed(member, method.parameters[first].name) {
      return first
    }
    for slot in method.allParameters.indices
    where isNamed(member, method.allParameters[slot].name) {
      return slot
    }
    return nil
  }

  /// A parameter's name as an error may show it: nothing long, nothing that isn't a name.
  private func nameForPeople(_ member: JSONMember) -> String {
    let bytes = slice(member.name).readableBytesView
    guard bytes.count <= 32, bytes.allSatisfy({ $0.isNameCharacter }) else { return "" }
    return "\"\(String(decoding: bytes, as: UTF8.self))\""
  }

  private mutating func takeCommon(of method: Method) throws(RPCError) {
    let first = method.parameters.count
    if has(first) { scope = try readScope(first) }
    if let problem = settings.scopes.problem(with: scope) { throw problem }
    guard given >> UInt32(truncatingIfNeeded: first) != 0 else { return }
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
    if has(first + 4) { record = try readRecord(first + 4, of: method) }
    if notes.isKept {
      notes.actor = actor
      notes.traceparent = traceparent
      if !scope.isEmpty { notes.scope = scope.map(\.key).joined(separator: "/") }
    }
  }

  // MARK: Reading one parameter

  /// Whether the caller gave the parameter.
  public func has(_ slot: Int) -> Bool {
    given & 1 << UInt32(truncatingIfNeeded: slot) != 0
  }

  func member(_ slot: Int, _ name: StaticString) throws(RPCError) -> JSONMember {
    guard has(slot) else { throw RPCError(.invalidParams, "\(name) is missing") }
    return scanner.members[Int(slots[slot])]
  }

  /// What kind of JSON the parameter is; nil when it was not given.
  public func kind(_ slot: Int) -> JSONKind? {
    has(slot) ? scanner.members[Int(slots[slot])].kind : nil
  }

  /// The name of a value in the store, made from the parameter.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  public mutating func storeKey(
    _ slot: Int, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> StoreKey {
    let member = try member(slot, name)
    let count = try writeKey(member, name, in: namespace)
    if notes.isKept { notes.key = Array(names.readableBytesView.suffix(count)) }
    return StoreKey(bytes: names)
  }

  /// The name of a value in the store, made from a string of the request.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  public mutating func storeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> StoreKey {
    _ = try writeKey(member, name, in: namespace)
    return StoreKey(bytes: names)
  }

  /// The name of a value in the store, and how many of its last bytes are the caller's own key.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  mutating func splitStoreKey(
    _ slot: Int, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> (name: StoreKey, ownCount: Int) {
    let count = try writeKey(try member(slot, name), name, in: namespace)
    if notes.isKept { notes.key = Array(names.readableBytesView.suffix(count)) }
    return (StoreKey(bytes: names), count)
  }

  /// Writes a name into `names`, and tells how many of its last bytes are the caller's own key.
  private mutating func writeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> Int {
    guard let permit else { throw RPCError(.internal) }
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    // Before the copy, so that no caller makes the buffer grow; an escape takes up to six bytes.
    let atLeast = member.hasEscapes ? member.content.count / 6 : member.content.count
    hasLongKey = atLeast > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    names.clear()
    let count: Int
    if member.hasEscapes {
      var key: [UInt8] = []
      do throws(JSONFault) {
        try JSONString.decode(request.readableBytesSpan, member.content, into: &key)
      } catch {
        throw RPCError(.invalidParams, "\(name) holds half of a surrogate pair")
      }
      count = key.count
      try permit.keySpace.write(namespace, scope: scope, key: key.span.bytes, into: &names)
    } else {
      let range = member.content
      count = range.count
      // Another reference to the same bytes: the names are changed while they are read.
      let request = request
      let key = request.readableBytesSpan.extracting(range.offsets)
      try permit.keySpace.write(namespace, scope: scope, key: key, into: &names)
    }
    guard count > 0 else { throw RPCError(.invalidParams, "\(name) is not empty") }
    hasLongKey = count > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    return count
  }

  private func tooLong(_ name: StaticString) -> RPCError {
    RPCError(.tooLarge, "\(name) has at most \(settings.keyBytes) bytes")
  }

  /// The bytes of a parameter that is any JSON, in one line.
  public func value(_ slot: Int, _ name: StaticString) throws(RPCError) -> ByteBuffer {
    value(try member(slot, name))
  }

  /// The bytes of a part of the request that is any JSON, in one line.
  public func value(_ member: JSONMember) -> ByteBuffer {
    guard member.hasLineBreaks else { return slice(member.value) }
    var value = ByteBuffer()
    value.writeOnOneLine(member.value, of: request.readableBytesSpan)
    return value
  }

  /// A parameter that is a string.
  public func string(
    _ slot: Int, _ name: StaticString, longest: Int
  ) throws(RPCError) -> String {
    try string(try member(slot, name), name, longest: longest)
  }

  /// A part of the request that is a string.
  public func string(
    _ member: JSONMember, _ name: StaticString, longest: Int
  ) throws(RPCError) -> String {
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    // An escape takes up to six bytes for one.
    let atLeast = member.hasEscapes ? member.content.count / 6 : member.content.count
    guard atLeast <= longest, let string = decoded(member.content, member.hasEscapes) else {
      throw RPCError(.invalidParams, "\(name) is UTF-8 of at most \(longest) bytes")
    }
    guard string.utf8.count <= longest else {
      throw RPCError(.invalidParams, "\(name) is UTF-8 of at most \(longest) bytes")
    }
    return string
  }

  /// What a string of the request stands for; nil when half of a surrogate pair stands alone in it.
  func decoded(_ content: ByteRange, _ hasEscapes: Bool) -> String? {
    guard hasEscapes else { return String(buffer: slice(content)) }
    var bytes: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(request.readableBytesSpan, content, into: &bytes)
    } catch {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A parameter that is a whole number of 64 bits.
  public func integer(_ slot: Int, _ name: StaticString) throws(RPCError) -> Int64 {
    let member = try member(slot, name)
    guard member.kind == .number, let number = wholeNumber(member) else {
      throw RPCError(.invalidParams, "\(name) is a whole number of 64 bits")
    }
    return number
  }

  /// A number of the request, nil when it has a fraction, an exponent or more than 64 bits.
  private func wholeNumber(_ member: JSONMember) -> Int64? {
    JSONNumber.wholeNumber(request.readableBytesSpan, member.value)
  }

  /// A parameter that is true or false; `otherwise` when it was not given.
  public func flag(
    _ slot: Int, _ name: StaticString, otherwise: Bool = false
  ) throws(RPCError) -> Bool {
    switch kind(slot) {
    case nil: return otherwise
    case .true: return true
    case .false: return false
    default: throw RPCError(.invalidParams, "\(name) is true or false")
    }
  }

  /// A life that the caller gives, or the default.
  ///
  /// - Throws: TTL_INVALID for what is no TTL, and for ever where the configuration forbids it.
  public mutating func expiry(_ slot: Int) throws(RPCError) -> Expiry {
    let expiry = has(slot) ? try expiry(try member(slot, "ttl")) : .after(settings.defaultTTL)
    if notes.isKept, case .after(let life) = expiry { notes.ttlMs = life.milliseconds }
    return expiry
  }

  /// A life that is written in a part of the request.
  public func expiry(_ member: JSONMember) throws(RPCError) -> Expiry {
    switch member.kind {
    case .null:
      guard settings.allowForever else {
        throw RPCError(.ttlInvalid, "the configuration does not allow values to live for ever")
      }
      return .never
    case .number:
      guard let seconds = wholeNumber(member) else { throw RPCError(.ttlInvalid) }
      return .after(try TimeToLive(seconds: seconds))
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

  /// A part of the request, where a scanner has found it.
  private func slice(_ range: ByteRange) -> ByteBuffer { request.slice(range) ?? ByteBuffer() }

  // MARK: Parameters that hold more than one thing

  /// The elements of a parameter that is an array.
  public func elements(
    _ slot: Int, _ name: StaticString, atMost limit: Int
  ) throws(RPCError) -> ContiguousArray<JSONMember> {
    let member = try member(slot, name)
    guard member.kind == .array else { throw RPCError(.invalidParams, "\(name) is an array") }
    guard let elements = parts(of: member, atMost: limit) else {
      throw RPCError(.tooLarge, "\(name) has at most \(limit) entries")
    }
    guard !elements.isEmpty else { throw RPCError(.invalidParams, "\(name) is not empty") }
    return elements
  }

  /// The members of an object, or the elements of an array, inside of the request; nil when there
  /// are more than `limit`.
  public func parts(
    of member: JSONMember, atMost limit: Int
  ) -> ContiguousArray<JSONMember>? {
    JSONParts.of(member.value, in: request.readableBytesSpan, atMost: limit)
  }

  /// Whether a member of an object inside of the request has a name, however it is written.
  public func isNamed(_ member: JSONMember, _ name: StaticString) -> Bool {
    guard member.nameHasEscapes else {
      return member.name.holds(name, in: request.readableBytesSpan)
    }
    return decoded(member.name, true) == "\(name)"
  }
}

extension UInt8 {
  fileprivate var isNameCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
