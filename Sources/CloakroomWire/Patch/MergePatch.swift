public import NIOCore

/// JSON Merge Patch (RFC 7396), done on the texts themselves: what a patch doesn't touch keeps its
/// bytes, so no number is rounded and no string is written anew.
///
/// Where a name stands several times in an object the last one counts, as most readers of JSON take
/// it; names are compared by what they stand for.
public enum MergePatch {
  /// Writes what a patch makes of a value.
  ///
  /// - Parameters:
  ///   - patch: the text of a JSON value that has been scanned.
  ///   - target: likewise.
  public static func apply(
    _ patch: RawSpan, to target: RawSpan, into result: inout ByteBuffer
  ) {
    merge(
      patch, ByteRange(0..<patch.byteCount), onto: target, ByteRange(0..<target.byteCount),
      into: &result)
  }

  /// A member, and what its name stands for.
  private struct Named {
    let name: [UInt8]
    let member: JSONMember
  }

  /// Goes as deep as the patch is nested, which scanners bound.
  private static func merge(
    _ patch: RawSpan, _ change: ByteRange, onto target: RawSpan, _ old: ByteRange,
    into result: inout ByteBuffer
  ) {
    guard let changes = members(of: change, in: patch) else {
      result.writeBytes(change, of: patch)
      return
    }
    let last = lastPlaces(of: changes)
    var isFirst = true
    func begin(_ member: JSONMember, of text: RawSpan) {
      result.writeStaticString(isFirst ? "{\"" : ",\"")
      isFirst = false
      result.writeBytes(member.name, of: text)
      result.writeStaticString("\":")
    }
    var met: Set<[UInt8]> = []
    let own = members(of: old, in: target) ?? []
    let ownLast = lastPlaces(of: own)
    for (place, item) in own.enumerated() {
      guard let index = last[item.name] else {
        begin(item.member, of: target)
        result.writeBytes(item.member.value, of: target)
        continue
      }
      guard ownLast[item.name] == place else { continue }
      met.insert(item.name)
      let change = changes[index].member
      guard change.kind != .null else { continue }
      begin(item.member, of: target)
      merge(patch, change.value, onto: target, item.member.value, into: &result)
    }
    for (place, item) in changes.enumerated()
    where last[item.name] == place && item.member.kind != .null && !met.contains(item.name) {
      begin(item.member, of: patch)
      merge(patch, item.member.value, onto: target, ByteRange(0..<0), into: &result)
    }
    result.writeStaticString(isFirst ? "{}" : "}")
  }

  /// An object's members; nil for what is no object.
  private static func members(of range: ByteRange, in text: RawSpan) -> [Named]? {
    guard !range.isEmpty, text.byte(range.start) == ASCII.leftBrace,
      let parts = JSONParts.of(range, in: text, atMost: .max)
    else { return nil }
    return parts.map { part in
      var name: [UInt8] = []
      do throws(JSONFault) {
        try JSONString.decode(text, part.name, into: &name)
      } catch {
        // Half of a surrogate pair: no UTF-8, and equal only to what is written the same way.
        name = [0xFF] + (0..<part.name.count).map { text.byte(part.name.start + $0) }
      }
      return Named(name: name, member: part)
    }
  }

  private static func lastPlaces(of members: [Named]) -> [[UInt8]: Int] {
    Dictionary(
      members.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { _, later in later })
  }
}
