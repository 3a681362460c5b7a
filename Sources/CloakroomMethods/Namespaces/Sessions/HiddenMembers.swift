internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomWire
internal import NIOCore

/// Takes members of JSON texts out, and puts them back: those that must not be seen.
///
/// Done on the texts themselves: every other byte stays as it was. What is taken out is an object that has
/// the members at the same places; an element of an array leaves null where it was, so that the others keep
/// theirs, and is a member by the name of its index.
struct HiddenMembers: Sendable {
  /// The places below a place; a leaf is what is taken out.
  private indirect enum Node: Sendable {
    case leaf
    case inner([ByteString: Node])

    /// With one more place in it.
    func adding(_ path: ArraySlice<ByteString>) -> Node {
      guard case .inner(var children) = self, let name = path.first else { return .leaf }
      children[name] = (children[name] ?? .inner([:])).adding(path.dropFirst())
      return .inner(children)
    }
  }

  private let root: Node

  /// Members at places.
  ///
  /// - Parameter places: none of them is the whole text.
  init(_ places: [JSONPointer]) {
    root = places.map(\.path).filter { !$0.isEmpty }.reduce(.inner([:])) {
      $0.adding($1.map { ByteString(String(decoding: $0, as: UTF8.self)) }[...])
    }
  }

  /// Whether there is nothing to take out.
  var isEmpty: Bool {
    if case .inner(let children) = root { children.isEmpty } else { false }
  }

  // MARK: Out

  /// Takes the members out of a text that has been scanned.
  ///
  /// - Returns: what is left, and what was taken out; nil when nothing was.
  func split(_ text: ByteBuffer) -> (visible: ByteBuffer, hidden: ByteBuffer?) {
    var visible = ByteBuffer()
    visible.reserveCapacity(text.readableBytes)
    var hidden = ByteBuffer()
    let bytes = text.readableBytesSpan
    let isFound = Self.split(
      Self.whole(of: bytes), in: bytes, root, visible: &visible, hidden: &hidden)
    return isFound ? (visible, hidden) : (text, nil)
  }

  /// - Returns: whether something was taken out; if not, nothing was written to `hidden`.
  private static func split(
    _ range: ByteRange, in text: RawSpan, _ node: Node, visible: inout ByteBuffer,
    hidden: inout ByteBuffer
  ) -> Bool {
    guard case .inner(let children) = node, let parts = parts(of: range, in: text) else {
      visible.writeBytes(range, of: text)
      return false
    }
    let isObject = text.isObject(at: range.start)
    var isFirst = true
    var isFound = false
    visible.writeStaticString(isObject ? "{" : "[")
    for (index, part) in parts.enumerated() {
      let name = isObject ? part.decodedName(in: text) : ByteString("\(index)")
      let child = name.flatMap { children[$0] }
      if case .leaf = child, let name {
        Self.beginHidden(name, &isFound, &hidden)
        hidden.writeBytes(part.value, of: text)
        if isObject { continue }
      }
      if !isFirst { visible.writeStaticString(",") }
      isFirst = false
      if isObject { visible.writeName(of: part, in: text) }
      switch child {
      case nil:
        visible.writeBytes(part.value, of: text)
      case .leaf:
        visible.writeStaticString("null")
      case .inner:
        var inner = ByteBuffer()
        guard let name, let child,
          split(part.value, in: text, child, visible: &visible, hidden: &inner)
        else { continue }
        Self.beginHidden(name, &isFound, &hidden)
        hidden.writeImmutableBuffer(inner)
      }
    }
    visible.writeStaticString(isObject ? "}" : "]")
    if isFound { hidden.writeStaticString("}") }
    return isFound
  }

  private static func beginHidden(
    _ name: ByteString, _ isFound: inout Bool, _ hidden: inout ByteBuffer
  ) {
    hidden.writeStaticString(isFound ? "," : "{")
    hidden.writeJSONString(name.text)
    hidden.writeStaticString(":")
    isFound = true
  }

  // MARK: Back

  /// Puts members back that were taken out. Those of objects come last in them.
  func join(_ visible: ByteBuffer, _ hidden: ByteBuffer?) -> ByteBuffer {
    guard let hidden else { return visible }
    var joined = ByteBuffer()
    joined.reserveCapacity(visible.readableBytes + hidden.readableBytes)
    let text = visible.readableBytesSpan
    let other = hidden.readableBytesSpan
    Self.join(
      Self.whole(of: text), in: text, Self.whole(of: other), in: other, root, into: &joined)
    return joined
  }

  private static func join(
    _ range: ByteRange, in text: RawSpan, _ hidden: ByteRange, in other: RawSpan, _ node: Node,
    into joined: inout ByteBuffer
  ) {
    guard case .inner(let children) = node, let parts = parts(of: range, in: text),
      let taken = Self.parts(of: hidden, in: other)
    else { return joined.writeBytes(range, of: text) }
    var byName: [ByteString: JSONMember] = [:]
    for part in taken { if let name = part.decodedName(in: other) { byName[name] = part } }
    let isObject = text.isObject(at: range.start)
    var isFirst = true
    joined.writeStaticString(isObject ? "{" : "[")
    for (index, part) in parts.enumerated() {
      if !isFirst { joined.writeStaticString(",") }
      isFirst = false
      if isObject { joined.writeName(of: part, in: text) }
      let name = isObject ? part.decodedName(in: text) : ByteString("\(index)")
      guard let name, let child = children[name], let own = byName.removeValue(forKey: name) else {
        joined.writeBytes(part.value, of: text)
        continue
      }
      if case .leaf = child {
        joined.writeBytes(own.value, of: other)
      } else {
        join(part.value, in: text, own.value, in: other, child, into: &joined)
      }
    }
    if isObject {
      // In the order in which they were taken out.
      for part in taken {
        guard let name = part.decodedName(in: other), case .leaf = children[name],
          byName.removeValue(forKey: name) != nil
        else { continue }
        if !isFirst { joined.writeStaticString(",") }
        isFirst = false
        joined.writeName(of: part, in: other)
        joined.writeBytes(part.value, of: other)
      }
    }
    joined.writeStaticString(isObject ? "}" : "]")
  }

  // MARK: Looking

  /// The first of the places that has something in a text, as JSON Pointer; nil when none has.
  func firstPlace(in text: ByteBuffer) -> String? {
    let bytes = text.readableBytesSpan
    return Self.firstPlace(Self.whole(of: bytes), in: bytes, root)
  }

  private static func firstPlace(_ range: ByteRange, in text: RawSpan, _ node: Node) -> String? {
    guard case .inner(let children) = node else { return "" }
    guard !children.isEmpty, let parts = parts(of: range, in: text) else { return nil }
    let isObject = text.isObject(at: range.start)
    for (index, part) in parts.enumerated() {
      let name = isObject ? part.decodedName(in: text) : ByteString("\(index)")
      guard let name, let child = children[name],
        let rest = firstPlace(part.value, in: text, child)
      else { continue }
      return "/" + JSONPointer.escape(name.text) + rest
    }
    return nil
  }

  private static func parts(
    of range: ByteRange, in text: RawSpan
  ) -> ContiguousArray<JSONMember>? { JSONParts.of(range, in: text, atMost: .max) }

  /// The one value of a text, without the white space around it.
  private static func whole(of text: RawSpan) -> ByteRange {
    var (start, end) = (0, text.byteCount)
    while start < end, text.byteAt(start) <= 0x20 { start += 1 }
    while end > start, text.byteAt(end - 1) <= 0x20 { end -= 1 }
    return ByteRange(start..<end)
  }
}

extension RawSpan {
  /// The byte at a place within the span.
  fileprivate func byteAt(_ offset: Int) -> UInt8 {
    withUnsafeBytes { $0[offset] }
  }

  /// Whether an object begins at a place.
  fileprivate func isObject(at offset: Int) -> Bool {
    offset < byteCount && byteAt(offset) == UInt8(ascii: "{")
  }
}

extension JSONMember {
  /// What its name stands for; nil when half of a surrogate pair stands alone in it.
  fileprivate func decodedName(in text: RawSpan) -> ByteString? {
    JSONString.text(of: name, hasEscapes: nameHasEscapes, in: text).map { ByteString($0) }
  }
}

extension ByteBuffer {
  /// Writes a member's name as it was written, and what stands behind it.
  fileprivate mutating func writeName(of part: JSONMember, in text: RawSpan) {
    writeStaticString("\"")
    writeBytes(part.name, of: text)
    writeStaticString("\":")
  }
}
