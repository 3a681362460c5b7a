internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomWire
internal import NIOCore

/// A value within a flow's definition, which knows where it stands there, so that what is wrong with it is
/// told with its place.
struct FlowNode {
  /// How deep a definition may be nested, its schemas included.
  static let depth = JSONScanner.defaultDepthLimit

  /// What the value is.
  let kind: JSONKind
  /// Where it stands in the definition, as JSON Pointer.
  let pointer: String
  private let text: ByteBuffer
  private let range: ByteRange
  private let hasEscapes: Bool

  /// The whole of a definition.
  ///
  /// - Throws: INVALID_PARAMS for what is no JSON.
  init(_ definition: ByteBuffer) throws(RPCError) {
    do throws(JSONFault) {
      kind = try JSONScanner.validate(definition.readableBytesSpan, depthLimit: Self.depth)
    } catch {
      throw RPCError(
        .invalidParams, "the definition is no JSON, or nested more than \(Self.depth) deep",
        details: [.text("pointer", "")])
    }
    let bytes = definition.readableBytesView
    let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.startIndex
    let last = bytes.lastIndex { $0 > 0x20 } ?? bytes.startIndex
    range = ByteRange(start - bytes.startIndex..<last - bytes.startIndex + 1)
    text = definition
    pointer = ""
    hasEscapes = false
  }

  private init(_ part: JSONMember, of parent: FlowNode, _ name: String) {
    kind = part.kind
    text = parent.text
    range = part.value
    hasEscapes = part.hasEscapes
    pointer = parent.pointer + "/" + JSONPointer.escape(name)
  }

  /// The value as it was written.
  var bytes: ByteBuffer { text.slice(range) ?? ByteBuffer() }

  /// The value as it was written, in one line.
  var line: ByteBuffer {
    var line = ByteBuffer()
    line.writeOnOneLine(range, of: text.readableBytesSpan)
    return line
  }

  /// What is wrong with the value.
  func fault(_ message: String, _ reason: Reason = .invalidParams) -> RPCError {
    fault(message, at: "", reason)
  }

  /// What is wrong at a place within the value.
  func fault(_ message: String, at place: String, _ reason: Reason = .invalidParams) -> RPCError {
    let pointer = pointer + place
    return RPCError(
      reason, "\(pointer.isEmpty ? "the definition" : pointer): \(message)",
      details: [.text("pointer", pointer)])
  }

  // MARK: Parts

  /// An object's members, each by its name.
  ///
  /// - Throws: INVALID_PARAMS for what is no object, for a name that comes twice and for half of a surrogate
  ///   pair in one.
  var members: [(name: String, value: FlowNode)] {
    get throws(RPCError) {
      guard kind == .object else { throw fault("must be an object") }
      var names: Set<[UInt8]> = []
      var members: [(name: String, value: FlowNode)] = []
      for part in parts {
        guard
          let name = JSONString.text(
            of: part.name, hasEscapes: part.nameHasEscapes, in: text.readableBytesSpan)
        else { throw fault("a member's name holds half of a surrogate pair") }
        let member = FlowNode(part, of: self, name)
        guard names.insert(Array(name.utf8)).inserted else {
          throw member.fault("the member comes twice")
        }
        members.append((name, member))
      }
      return members
    }
  }

  /// The members of an object that may have certain ones and no others.
  func members(of known: [String]) throws(RPCError) -> [String: FlowNode] {
    var members: [String: FlowNode] = [:]
    for (name, value) in try self.members {
      guard known.contains(name) else {
        throw value.fault("not known here; known are \(known.joined(separator: ", "))")
      }
      members[name] = value
    }
    return members
  }

  /// An array's elements.
  ///
  /// - Throws: INVALID_PARAMS for what is no array, and for more elements than there may be.
  func elements(atMost limit: Int) throws(RPCError) -> [FlowNode] {
    guard kind == .array else { throw fault("must be an array") }
    let parts = parts
    guard parts.count <= limit else { throw fault("has at most \(limit) elements") }
    return parts.enumerated().map { FlowNode($1, of: self, String($0)) }
  }

  private var parts: ContiguousArray<JSONMember> {
    JSONParts.of(range, in: text.readableBytesSpan, atMost: range.count) ?? []
  }

  // MARK: Single values

  /// What a string stands for.
  ///
  /// - Throws: INVALID_PARAMS for what is no string, and for one that is too long.
  func string(longest: Int) throws(RPCError) -> String {
    guard kind == .string else { throw fault("must be a string") }
    let content = ByteRange(range.start &+ 1..<max(range.end &- 1, range.start &+ 1))
    guard
      let string = JSONString.text(
        of: content, hasEscapes: hasEscapes, in: text.readableBytesSpan)
    else { throw fault("holds half of a surrogate pair") }
    guard string.utf8.count <= longest else { throw fault("has at most \(longest) bytes") }
    return string
  }

  /// A JSON Pointer.
  ///
  /// - Throws: INVALID_PARAMS for what is none.
  var jsonPointer: JSONPointer {
    get throws(RPCError) {
      guard let pointer = JSONPointer(try string(longest: SchemaLimits().locationBytes)) else {
        throw fault("must be a JSON Pointer: empty, or / before each name, ~ written ~0 and / ~1")
      }
      return pointer
    }
  }

  /// A time that something lives.
  ///
  /// - Throws: TTL_INVALID for anything but whole seconds and digits with a unit.
  var timeToLive: TimeToLive {
    get throws(RPCError) {
      do throws(RPCError) {
        switch kind {
        case .number:
          guard let seconds = JSONNumber.wholeNumber(text.readableBytesSpan, range) else { break }
          return try TimeToLive(seconds: seconds)
        case .string: return try TimeToLive(text: string(longest: 64).utf8)
        default: break
        }
      } catch {}
      throw fault(
        "must be a time between one millisecond and ten years: whole seconds, or digits with ms, s, m, h or d",
        .ttlInvalid)
    }
  }
}
