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

  /// The request's envelope and parameters, as the scanner has found them.
  public var scanner: RequestScanner

  private var request = ByteBuffer()
  private var names = ByteBuffer()
  private var slots = InlineArray<32, Int8>(repeating: -1)
  private var scope: [ScopeStep] = []

  private var members: ContiguousArray<JSONMember> { scanner.members }

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
    slots = InlineArray(repeating: -1)
    memo = Memo()
    if notes.isKept { notes = CallNotes(isKept: true) }
    if !scope.isEmpty { scope = [] }
    deadlineMs = nil
    guard !scanner.hasTooManyMembers else {
      throw RPCError(.invalidParams, "more parameters than any method takes")
    }
    if scanner.paramsKind == .array {
      try assignByPosition(method)
    } else {
      try assignByName(method)
    }
    for (slot, parameter) in method.parameters.enumerated()
    where parameter.isRequired && slots[slot] < 0 {
      throw RPCError(.invalidParams, "\(parameter.name) is missing")
    }
    try takeCommon(from: method.parameters.count)
  }

  /// Lets go of the request's bytes.
  public mutating func end() {
    request = ByteBuffer()
    permit = nil
  }

  private mutating func assignByPosition(_ method: Method) throws(RPCError) {
    guard members.count <= method.parameters.count else {
      throw RPCError(
        .invalidParams, "the method takes at most \(method.parameters.count) parameters")
    }
    for index in members.indices { slots[index] = Int8(truncatingIfNeeded: index) }
  }

  private mutating func assignByName(_ method: Method) throws(RPCError) {
    for (index, member) in members.enumerated() {
      guard let slot = slot(of: member, in: method) else {
        throw RPCError(
          .invalidParams,
          "unknown parameter \(nameForPeople(member)); \(method.name) takes "
            + method.allParameters.map { "\($0.name)" }.joined(separator: ", "))
      }
      guard slots[slot] < 0 else {
        throw RPCError(.invalidParams, "\(method.allParameters[slot].name) is given twice")
      }
      slots[slot] = Int8(truncatingIfNeeded: index)
    }
  }

  private func slot(of member: JSONMember, in method: Method) -> Int? {
    let text = request.readableBytesSpan
    if member.nameHasEscapes {
      var name: [UInt8] = []
      try? JSONString.decode(text, member.name, into: &name)
      return method.allParameters.firstIndex {
        "\($0.name)" == String(decoding: name, as: UTF8.self)
      }
    }
    for slot in method.allParameters.indices
    where member.name.holds(method.allParameters[slot].name, in: text) {
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

  private mutating func takeCommon(from first: Int) throws(RPCError) {
    if has(first) { scope = try readScope(first) }
    if let problem = settings.scopes.problem(with: scope) { throw problem }
    if has(first + 2) {
      let milliseconds = try integer(first + 2, "deadlineMs")
      guard milliseconds > 0 else {
        throw RPCError(.invalidParams, "deadlineMs is a positive number of milliseconds")
      }
      deadlineMs = milliseconds
    }
    // Checked whether or not a log is kept: what is accepted does not depend on the configuration.
    let actor = has(first + 1) ? try string(first + 1, "actor", longest: 256) : nil
    let traceparent = has(first + 3) ? try string(first + 3, "traceparent", longest: 256) : nil
    if notes.isKept {
      notes.actor = actor
      notes.traceparent = traceparent
      if !scope.isEmpty { notes.scope = scope.map(\.key).joined(separator: "/") }
    }
  }

  // MARK: Reading one parameter

  /// Whether the caller gave the parameter.
  public func has(_ slot: Int) -> Bool { slots[slot] >= 0 }

  private func member(_ slot: Int, _ name: StaticString) throws(RPCError) -> JSONMember {
    let index = Int(slots[slot])
    guard members.indices.contains(index) else {
      throw RPCError(.invalidParams, "\(name) is missing")
    }
    return members[index]
  }

  /// What kind of JSON the parameter is; nil when it was not given.
  public func kind(_ slot: Int) -> JSONKind? {
    let index = Int(slots[slot])
    return members.indices.contains(index) ? members[index].kind : nil
  }

  /// The name of a value in the store, made from the parameter.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  public mutating func storeKey(
    _ slot: Int, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> StoreKey {
    let member = try member(slot, name)
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    let key = try storeKey(member, name, in: namespace)
    if notes.isKept { notes.key = Array(key.bytes.readableBytesView.suffix(member.content.count)) }
    return key
  }

  /// The name of a value in the store, made from a string of the request.
  public mutating func storeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> StoreKey {
    guard let permit else { throw RPCError(.internal) }
    names.clear()
    let count: Int
    if member.hasEscapes {
      let key = try decoded(member, name)
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
    guard count <= settings.keyBytes else {
      throw RPCError(.tooLarge, "\(name) has at most \(settings.keyBytes) bytes")
    }
    return StoreKey(bytes: names)
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
    guard member.content.count <= longest else {
      throw RPCError(.invalidParams, "\(name) has at most \(longest) bytes")
    }
    return member.hasEscapes
      ? String(decoding: try decoded(member, name), as: UTF8.self)
      : String(buffer: slice(member.content))
  }

  private func decoded(
    _ member: JSONMember, _ name: StaticString
  ) throws(RPCError) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(request.readableBytesSpan, member.content, into: &bytes)
    } catch {
      throw RPCError(.invalidParams, "\(name) holds half of a surrogate pair")
    }
    return bytes
  }

  /// A parameter that is a whole number of 64 bits.
  public func integer(_ slot: Int, _ name: StaticString) throws(RPCError) -> Int64 {
    let member = try member(slot, name)
    guard
      member.kind == .number,
      let number = Int64(String(buffer: slice(member.value)))
    else { throw RPCError(.invalidParams, "\(name) is a whole number of 64 bits") }
    return number
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
      guard let seconds = Int64(String(buffer: slice(member.value))) else {
        throw RPCError(.ttlInvalid)
      }
      return .after(try TimeToLive(seconds: seconds))
    case .string where !member.hasEscapes:
      let text = slice(member.content).readableBytesView
      if text.elementsEqual("keep".utf8) { return .keep(otherwise: settings.defaultTTL) }
      if text.elementsEqual("reset".utf8) { return .after(settings.defaultTTL) }
      return .after(try TimeToLive(text: text))
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
    let elements = try parts(of: member, name, atMost: limit)
    guard !elements.isEmpty else { throw RPCError(.invalidParams, "\(name) is not empty") }
    return elements
  }

  /// The members of an object, or the elements of an array, inside of the request.
  public func parts(
    of member: JSONMember, _ name: StaticString, atMost limit: Int
  ) throws(RPCError) -> ContiguousArray<JSONMember> {
    guard
      let parts = JSONParts.of(member.value, in: request.readableBytesSpan, atMost: limit)
    else {
      throw RPCError(.tooLarge, "\(name) has at most \(limit) entries")
    }
    return parts
  }

  /// Whether a member of an object inside of the request has a name.
  public func isNamed(_ member: JSONMember, _ name: StaticString) -> Bool {
    !member.nameHasEscapes && member.name.holds(name, in: request.readableBytesSpan)
  }

  private func readScope(_ slot: Int) throws(RPCError) -> [ScopeStep] {
    let steps = try member(slot, "scope")
    guard steps.kind == .array else { throw RPCError(.invalidParams, "scope is an array") }
    var scope: [ScopeStep] = []
    for step in try parts(of: steps, "scope", atMost: KeySpace.scopeDepth) {
      var key: String?
      var id: String?
      guard step.kind == .object else {
        throw RPCError(.invalidParams, "scope holds objects with key and id")
      }
      for member in try parts(of: step, "scope", atMost: 2) {
        if isNamed(member, "key"), key == nil {
          key = try string(member, "scope key", longest: KeySpace.scopePartBytes)
        } else if isNamed(member, "id"), id == nil {
          id = try string(member, "scope id", longest: KeySpace.scopePartBytes)
        } else {
          throw RPCError(.invalidParams, "scope holds objects with key and id")
        }
      }
      guard let key, let id else {
        throw RPCError(.invalidParams, "scope holds objects with key and id")
      }
      scope.append(ScopeStep(key: key, id: id))
    }
    return scope
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
