/// JSON Merge Patch (RFC 7396), done on the texts themselves: what a patch doesn't touch keeps its
/// bytes, so no number is rounded and no string is written anew.
///
/// Where a name stands several times in an object the last one counts, as most readers of JSON take
/// it; names are compared by what they stand for.
///
/// Each text is gone through once or twice, however many members it has and however deep it is nested, and what
/// lies between two members that the patch names is copied in one piece. What that costs is bounded by how many
/// members both have.
public enum MergePatch {
  /// Patch and target have too many members: to merge them would take too long.
  public struct TooManyMembers: Error, Sendable, Equatable {}

  /// What a merge may cost: a member of the target is one step, one that the patch names five, one of the patch five.
  /// All of them take some 20 milliseconds.
  public static let mostSteps = 1_000_000

  /// Writes what a patch makes of a value, into bytes.
  ///
  /// - Throws: `TooManyMembers`; what was written then is a part of it.
  package static func apply(
    _ patch: RawSpan, to target: RawSpan, into result: inout [UInt8]
  ) throws(TooManyMembers) {
    try apply(patch, to: target, writing: &result)
  }

  static func apply(
    _ patch: RawSpan, to target: RawSpan, writing result: inout some ByteSink
  ) throws(TooManyMembers) {
    let change = whole(of: patch)
    guard let names = PatchMembers(of: change, 0, in: patch, nil) else {
      JSONString.append(patch, 0, patch.byteCount, to: &result)
      return
    }
    // What is alone in the patch is found by one pass through the target.
    let isDeep = isDeep(names, in: patch)
    var run = MergeRun(
      patchNesting: isDeep ? JSONNesting(patch) : nil, nesting: isDeep ? JSONNesting(target) : nil)
    try run.merge(
      patch, MergeRun.Place(range: change, number: 0),
      onto: target, MergeRun.Place(range: whole(of: target), number: 0), into: &result)
  }

  /// Whether a patch has an object within its object.
  private static func isDeep(_ members: PatchMembers, in patch: RawSpan) -> Bool {
    var members = members
    while let member = members.next(in: patch) {
      if patch.byte(member.value.start) == ASCII.leftBrace { return true }
    }
    return false
  }

  /// The one value of a text, without the white space around it.
  private static func whole(of text: RawSpan) -> ByteRange {
    var (start, end) = (0, text.byteCount)
    while start < end, text.byte(start) <= ASCII.space { start += 1 }
    while end > start, text.byte(end - 1) <= ASCII.space { end -= 1 }
    return ByteRange(scanned: start, end)
  }
}

/// One application of a patch.
private struct MergeRun {
  /// A value of one of the texts: where it is, and its number where it is an array or object.
  struct Place {
    let range: ByteRange
    let number: Int

    /// No value.
    static let nowhere = Place(range: ByteRange(scanned: 0, 0), number: 0)
  }

  /// What becomes of a part of the target.
  private enum Piece {
    /// Members that stay, as they were written.
    case kept(ByteRange)
    /// A member that stays, but for the white space around its colon.
    case respaced(PatchMember)
    /// A member that the patch's member of that name changes.
    case changed(PatchMember, Int)
    /// One of a name that comes again.
    case dropped
  }

  let patchNesting: JSONNesting?
  let nesting: JSONNesting?
  /// The steps that are left.
  private var steps = MergePatch.mostSteps

  init(patchNesting: JSONNesting?, nesting: JSONNesting?) {
    self.patchNesting = patchNesting
    self.nesting = nesting
  }

  private mutating func spend(_ count: Int) throws(MergePatch.TooManyMembers) {
    steps -= count
    guard steps >= 0 else { throw MergePatch.TooManyMembers() }
  }

  /// Goes as deep as the patch is nested, which scanners bound.
  mutating func merge(
    _ patch: RawSpan, _ change: Place, onto target: RawSpan, _ old: Place,
    into result: inout some ByteSink
  ) throws(MergePatch.TooManyMembers) {
    guard var changes = PatchMembers(of: change.range, change.number, in: patch, patchNesting)
    else {
      JSONString.append(patch, change.range.start, change.range.end, to: &result)
      return
    }
    var names = PatchNames()
    // The last of each name, and in which order these come.
    var last: [PatchMember] = []
    var order: [Int] = []
    while let member = changes.next(in: patch) {
      try spend(5)
      let number = names.number(of: member.name, member.nameHasEscapes, in: patch)
      order.append(number)
      if number < last.count { last[number] = member } else { last.append(member) }
    }
    var place = [Int](repeating: -1, count: names.count)
    let pieces = try pieces(of: old, in: target, &names, &place)

    var isFirst = true
    func begin(_ name: ByteRange, of text: RawSpan) {
      comma()
      JSONString.append(text, name.start &- 1, name.end &+ 1, to: &result)
      result.append(byte: ASCII.colon)
    }
    func comma() {
      result.append(byte: isFirst ? ASCII.leftBrace : ASCII.comma)
      isFirst = false
    }
    for piece in pieces {
      switch piece {
      case .kept(let range):
        comma()
        JSONString.append(target, range.start, range.end, to: &result)
      case .respaced(let member):
        begin(member.name, of: target)
        JSONString.append(target, member.value.start, member.value.end, to: &result)
      case .changed(let member, let number):
        let new = last[number]
        guard !isNull(new, in: patch) else { continue }
        begin(member.name, of: target)
        try merge(
          patch, Place(range: new.value, number: new.number), onto: target,
          Place(range: member.value, number: member.number), into: &result)
      case .dropped: continue
      }
    }
    var left = [Int](repeating: 0, count: names.count)
    for number in order { left[number] += 1 }
    for number in order {
      left[number] -= 1
      let new = last[number]
      guard left[number] == 0, place[number] < 0, !isNull(new, in: patch) else { continue }
      begin(new.name, of: patch)
      try merge(
        patch, Place(range: new.value, number: new.number), onto: target, .nowhere, into: &result)
    }
    if isFirst { result.append(byte: ASCII.leftBrace) }
    result.append(byte: ASCII.rightBrace)
  }

  /// Takes the target apart along the patch's names.
  ///
  /// - Parameter place: for each of these afterwards which piece it changes.
  private mutating func pieces(
    of old: Place, in target: RawSpan, _ names: inout PatchNames, _ place: inout [Int]
  ) throws(MergePatch.TooManyMembers) -> [Piece] {
    guard var members = PatchMembers(of: old.range, old.number, in: target, nesting) else {
      return []
    }
    var pieces: [Piece] = []
    while let member = members.next(in: target) {
      try spend(1)
      if let number = names.find(member.name, member.nameHasEscapes, in: target) {
        try spend(4)
        if place[number] >= 0 { pieces[place[number]] = .dropped }
        place[number] = pieces.count
        pieces.append(.changed(member, number))
      } else if let whole = member.whole(in: target) {
        // Next to the one before, with nothing but a comma between them.
        if case .kept(let before)? = pieces.last, before.end &+ 1 == whole.start {
          pieces[pieces.count - 1] = .kept(ByteRange(scanned: before.start, whole.end))
        } else {
          pieces.append(.kept(whole))
        }
      } else {
        pieces.append(.respaced(member))
      }
    }
    return pieces
  }

  private func isNull(_ member: PatchMember, in patch: RawSpan) -> Bool {
    member.value.count == 4 && patch.byte(member.value.start) == UInt8(ascii: "n")
  }
}
