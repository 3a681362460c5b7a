/// Takes the text of one JSON-RPC 2.0 request apart, in one pass that checks the whole of it.
///
/// Meant to be kept and used again and again: in the steady state a scan allocates nothing. It
/// refuses only what is not JSON; whether the envelope is a valid request is told by its
/// properties, so that INVALID_REQUEST and PARSE_ERROR can be told apart.
public struct RequestScanner: Sendable {
  /// Whether the text is an object. If not, it is JSON all the same, and nothing else is set.
  public private(set) var isObject = false

  /// Whether there is a member `jsonrpc` that is exactly the string "2.0".
  public private(set) var hasVersion = false

  /// The id's JSON text, to be echoed as it is; nil for a notification.
  public private(set) var id: ByteRange?

  /// What the id is; a string, a number or null in a valid request.
  public private(set) var idKind: JSONKind?

  /// The method's name between its quotes (the whole value if it isn't a string), nil if there is
  /// none.
  public private(set) var method: ByteRange?

  /// What the method is; a string in a valid request.
  public private(set) var methodKind: JSONKind?

  /// The method is a string with a backslash in it and must be decoded before it is compared.
  public private(set) var methodHasEscapes = false

  /// The text of `params`, nil if there are none.
  public private(set) var params: ByteRange?

  /// What the params are; an object or an array in a valid request.
  public private(set) var paramsKind: JSONKind?

  /// The members or elements of `params` in their order, at most `memberLimit` of them.
  public private(set) var members: ScannedMembers

  /// `params` has more members than `memberLimit`. The rest was checked, but not recorded.
  public private(set) var hasTooManyMembers = false

  /// `jsonrpc`, `id`, `method` or `params` is there twice: no valid request.
  public private(set) var hasDuplicates = false

  /// Whether the envelope is that of a valid request or notification, `params` being an object, an
  /// array or absent. Says nothing about the method and its parameters. Kept, and not told when asked:
  /// to ask a structure of this size copies it.
  public private(set) var isValidRequest = false

  /// How many arrays and objects may be nested, the envelope being the first.
  public let depthLimit: Int

  /// How many members of `params` are recorded. The memory for all of them is kept.
  public let memberLimit: Int

  private var hasVersionMember = false

  /// A scanner with its limits; the depth is held to `JSONScanner.greatestDepthLimit`.
  public init(depthLimit: Int = JSONScanner.defaultDepthLimit, memberLimit: Int = 64) {
    self.depthLimit = min(depthLimit, JSONScanner.greatestDepthLimit)
    self.memberLimit = max(memberLimit, 0)
    members = ScannedMembers(limit: self.memberLimit)
  }

  /// Scans the request that the bytes from `from` up to `to` hold, with white space around it at
  /// most. The ranges found count from the first byte of `text`, not from `from`.
  ///
  /// - Throws: the first fault met. The properties then tell nothing.
  public mutating func scan(
    _ text: RawSpan, from: Int, to end: Int
  ) throws(JSONFault) {
    removeAll()
    guard from >= 0, from <= end, end <= text.byteCount, end <= JSONScanner.longestText else {
      throw .outOfBounds
    }
    var at = JSONScanner.skipSpace(text, from, end).offset
    guard at < end else { throw .syntax(at: at) }
    if text.byte(at) == ASCII.leftBrace {
      at = try scanEnvelope(text, at, end)
      isObject = true
    } else {
      at = try JSONScanner.scanValue(text, at, end, depth: depthLimit).end
    }
    at = JSONScanner.skipSpace(text, at, end).offset
    guard at == end else { throw .syntax(at: at) }
    isValidRequest =
      isObject && hasVersion && !hasDuplicates && methodKind == .string && Self.mayBeID(idKind)
      && (paramsKind == nil || paramsKind == .object || paramsKind == .array)
  }

  /// What is wrong with the envelope, the first of several things; nil when it is valid.
  public var fault: String? {
    if isValidRequest { return nil }
    if !isObject { return "a request is an object" }
    if hasDuplicates { return "jsonrpc, id, method or params is there twice" }
    if !hasVersion { return #"jsonrpc has to be "2.0""# }
    if methodKind != .string { return "method has to be a string" }
    if !Self.mayBeID(idKind) { return "id has to be a string, a number or null" }
    return "params has to be an object or an array"
  }

  private static func mayBeID(_ kind: JSONKind?) -> Bool {
    switch kind {
    case nil, .string, .number, .null: true
    default: false
    }
  }

  /// Where the id stands in the beginning of a request. Nil if it is not there whole, or is nothing that
  /// an id may be.
  static func id(inBeginning text: RawSpan) -> ByteRange? {
    do throws(JSONFault) { return try scanForID(text) } catch { return nil }
  }

  private static func scanForID(_ text: RawSpan) throws(JSONFault) -> ByteRange? {
    let end = text.byteCount
    var at = JSONScanner.skipSpace(text, 0, end).offset
    guard at < end, text.byte(at) == ASCII.leftBrace else { return nil }
    at = JSONScanner.skipSpace(text, at &+ 1, end).offset
    while true {
      let name = try EnvelopeMember.scanName(text, at, end)
      let value = try JSONScanner.scanValue(
        text, name.value, end, depth: JSONScanner.greatestDepthLimit)
      // Nothing says where a number ends but what follows it.
      let next = try JSONScanner.skipComma(text, value.end, end, closing: ASCII.rightBrace)
      if name.member == .id {
        return mayBeID(value.kind) ? ByteRange(scanned: name.value, value.end) : nil
      }
      guard !next.isEnd else { return nil }
      at = next.offset
    }
  }

  /// Scans a request that is the whole of `text`.
  ///
  /// - Throws: the first fault met. The properties then tell nothing.
  public mutating func scan(_ text: RawSpan) throws(JSONFault) {
    try scan(text, from: 0, to: text.byteCount)
  }

  /// Forgets the last request, but keeps the memory for the next.
  public mutating func removeAll() {
    isObject = false
    hasVersion = false
    hasVersionMember = false
    id = nil
    idKind = nil
    method = nil
    methodKind = nil
    methodHasEscapes = false
    params = nil
    paramsKind = nil
    hasTooManyMembers = false
    hasDuplicates = false
    isValidRequest = false
    members.removeAll()
  }

  private mutating func scanEnvelope(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    guard depthLimit > 0 else { throw .tooDeep(at: start) }
    var at = JSONScanner.skipSpace(text, start &+ 1, end).offset
    guard at < end else { throw .syntax(at: at) }
    if text.byte(at) == ASCII.rightBrace { return at &+ 1 }
    if EnvelopeMember.isVersionFirst(text, at, end) {
      (hasVersionMember, hasVersion) = (true, true)
      at = JSONScanner.skipSpace(text, at &+ EnvelopeMember.versionFirstCount, end).offset
    }
    while true {
      let name = try EnvelopeMember.scanName(text, at, end)
      at = name.value
      let first = at < end ? text.byte(at) : 0
      if name.member == .params, first == ASCII.leftBrace || first == ASCII.leftBracket {
        at = try scanParams(text, at, end, isObject: first == ASCII.leftBrace)
      } else {
        let value = try JSONScanner.scanValue(text, at, end, depth: depthLimit &- 1)
        if let member = name.member { record(member, value, text, at) }
        at = value.end
      }
      let next = try JSONScanner.skipComma(text, at, end, closing: ASCII.rightBrace)
      if next.isEnd { return next.offset }
      at = next.offset
    }
  }

  /// Records the value of an envelope's member, which begins at `start`.
  @inline(__always)
  private mutating func record(
    _ member: EnvelopeMember, _ value: JSONScanner.Value, _ text: RawSpan, _ start: Int
  ) {
    let range = ByteRange(scanned: start, value.end)
    let content =
      value.kind == .string ? ByteRange(scanned: start &+ 1, value.end &- 1) : range
    switch member {
    case .version:
      hasDuplicates = hasDuplicates || hasVersionMember
      hasVersionMember = true
      hasVersion =
        value.kind == .string
        && EnvelopeMember.isVersion(content, hasEscapes: value.hasEscapes, in: text)
    case .id:
      hasDuplicates = hasDuplicates || id != nil
      id = range
      idKind = value.kind
    case .method:
      hasDuplicates = hasDuplicates || method != nil
      method = content
      methodKind = value.kind
      methodHasEscapes = value.hasEscapes
    case .params:
      beginParams()
      params = range
      paramsKind = value.kind
    }
  }

  /// Forgets the members of earlier params, which are one too many then.
  @inline(__always)
  private mutating func beginParams() {
    guard paramsKind != nil else { return }
    hasDuplicates = true
    members.removeAll()
  }

  /// Scans the object or array that `params` is, recording each member. Returns its end.
  private mutating func scanParams(
    _ text: RawSpan, _ start: Int, _ end: Int, isObject: Bool
  ) throws(JSONFault) -> Int {
    guard depthLimit > 1 else { throw .tooDeep(at: start) }
    beginParams()
    let closing = isObject ? ASCII.rightBrace : ASCII.rightBracket
    paramsKind = isObject ? .object : .array
    var at = JSONScanner.skipSpace(text, start &+ 1, end).offset
    guard at < end else { throw .syntax(at: at) }
    if text.byte(at) == closing {
      params = ByteRange(scanned: start, at &+ 1)
      return at &+ 1
    }
    while true {
      var name = ByteRange(scanned: at, at)
      var nameHasEscapes = false
      if isObject {
        let scanned = try JSONScanner.scanName(text, at, end)
        (name, nameHasEscapes, at) = (scanned.name, scanned.hasEscapes, scanned.value)
      }
      let value = try JSONScanner.scanValue(text, at, end, depth: depthLimit &- 2)
      let isRecorded = members.append(
        JSONMember(
          name: name, value: ByteRange(scanned: at, value.end), kind: value.kind,
          nameHasEscapes: nameHasEscapes, hasEscapes: value.hasEscapes,
          hasLineBreaks: value.hasLineBreaks))
      if !isRecorded { hasTooManyMembers = true }
      let next = try JSONScanner.skipComma(text, value.end, end, closing: closing)
      if next.isEnd {
        params = ByteRange(scanned: start, next.offset)
        return next.offset
      }
      at = next.offset
    }
  }
}
