internal import NIOCore

/// What Redis is subscribed to so that every pattern is heard: beginnings of names, few and short, of which none
/// begins with another. The patterns themselves are matched here.
///
/// For each PUBLISH Redis tries every pattern that any connection is subscribed to, in a time that grows
/// with the pattern's length and its wildcards. A cover has one wildcard: before it stands what all its patterns begin
/// with, behind it what they all end with. There are `limit` of them at most, with bounded lengths, so what a PUBLISH
/// costs is bounded whatever clients listen to. Where there would be more, those two that begin most alike make way
/// for one that hears both.
///
/// A name belongs to the one active cover that it begins with. A cover that takes the place of others becomes
/// active when Redis confirms it, and those are given up only then: nothing is missed, and what arrives through
/// both is taken once. Pure decisions, told to Redis by the caller.
struct PatternCovers {
  /// How many covers one sidecar has at most.
  static let limit = 64
  /// How many bytes of names a cover has at most before its wildcard.
  static let longestPrefix = 256
  /// How many bytes it has at most behind it.
  static let longestSuffix = 32

  /// What Redis is to be told, in this order.
  enum Action: Equatable {
    case subscribe(ByteBuffer)
    case unsubscribe(ByteBuffer)
  }

  /// One cover.
  struct Cover {
    /// What the names begin with that are heard through it.
    let prefix: [UInt8]
    /// What Redis is subscribed to.
    let glob: ByteBuffer
    /// Whether Redis has confirmed it, and messages through it are taken.
    fileprivate(set) var isActive = false
    /// What all its patterns end with.
    fileprivate let suffix: [UInt8]
    /// The covers in whose place it comes, until it is confirmed.
    fileprivate var replaced: [ByteBuffer]

    fileprivate init(_ prefix: [UInt8], suffix: [UInt8], replacing replaced: [ByteBuffer]) {
      self.prefix = prefix
      self.suffix = suffix
      self.replaced = replaced
      var glob = ScanNames.glob(for: ByteBuffer(bytes: prefix))
      // The same bytes have a meaning in front of a wildcard and behind it; the last one is the wildcard.
      let end = ScanNames.glob(for: ByteBuffer(bytes: suffix))
      glob.writeBytes(end.readableBytesView.dropLast())
      self.glob = glob
    }
  }

  private let limit: Int
  /// All that Redis has been told of, those that are about to be given up included.
  private var covers: [ByteBuffer: Cover] = [:]
  /// Those that are wanted, by their beginnings, ascending. As none begins with another, the last one that is no
  /// greater than a name is the only one that the name may begin with.
  private var wanted: [(prefix: [UInt8], glob: ByteBuffer)] = []

  init(limit: Int = PatternCovers.limit) { self.limit = limit }

  /// How many covers are wanted.
  var count: Int { wanted.count }

  // MARK: Patterns that come and go

  /// Has all names heard that begin and end so.
  ///
  /// - Returns: what Redis is to be told.
  mutating func want(_ prefix: [UInt8], suffix: [UInt8]) -> [Action] {
    let suffix = Array(suffix.suffix(Self.longestSuffix))
    if let place = self.place(covering: prefix) {
      guard let cover = covers[wanted[place].glob] else { return [] }
      let common = Self.commonEnd(cover.suffix, suffix)
      guard common.count < cover.suffix.count else { return [] }
      return [begin(cover.prefix, suffix: common, replacing: place..<place + 1)]
    }
    let short = Array(prefix.prefix(Self.longestPrefix))
    let places = self.places(beginningWith: short)
    let first = begin(short, suffix: suffix, replacing: places)
    guard wanted.count > limit else { return [first] }
    let merged = closestPair()
    return [first, begin(merged, suffix: nil, replacing: self.places(beginningWith: merged))]
  }

  /// No pattern begins with a cover any more.
  ///
  /// - Returns: what Redis is to be told.
  mutating func release(_ cover: Cover) -> [Action] {
    guard let place = wanted.firstIndex(where: { $0.glob == cover.glob }) else { return [] }
    wanted.remove(at: place)
    return giveUp(cover.glob)
  }

  /// The wanted cover that all names which begin so are heard through.
  func cover(of prefix: [UInt8]) -> Cover? {
    place(covering: prefix).flatMap { covers[wanted[$0].glob] }
  }

  // MARK: What Redis says

  /// Redis has confirmed a cover: what was in its place is given up.
  ///
  /// - Returns: what Redis is to be told.
  mutating func confirmed(_ glob: ByteBuffer) -> [Action] {
    guard var cover = covers[glob] else { return [] }
    let replaced = cover.replaced
    cover.isActive = true
    cover.replaced = []
    covers[glob] = cover
    return replaced.flatMap { giveUp($0) }
  }

  /// Redis refuses a cover: what was to be replaced by it stays.
  mutating func refused(_ glob: ByteBuffer) {
    guard let cover = covers.removeValue(forKey: glob) else { return }
    if let place = wanted.firstIndex(where: { $0.glob == glob }) {
      let replaced = cover.replaced.compactMap { covers[$0] }.map { ($0.prefix, $0.glob) }
      wanted.replaceSubrange(
        place..<place + 1, with: replaced.sorted { $0.0.lexicographicallyPrecedes($1.0) })
    } else {
      // It was about to be replaced itself: what it was to replace is so now.
      for other in covers.keys where covers[other]?.replaced.contains(glob) == true {
        covers[other]?.replaced.removeAll { $0 == glob }
        covers[other]?.replaced += cover.replaced
      }
    }
  }

  /// Nothing is heard until covers are confirmed again. What was about to be given up is given up.
  ///
  /// - Returns: what Redis is to be told.
  mutating func lost() -> [Action] {
    var actions: [Action] = []
    for (_, glob) in wanted {
      let replaced = covers[glob]?.replaced ?? []
      covers[glob]?.isActive = false
      covers[glob]?.replaced = []
      actions += replaced.flatMap { giveUp($0) }
    }
    return actions
  }

  /// Whether what arrives through a cover is taken: false for one that another has taken the place of.
  func isActive(_ glob: ByteBuffer) -> Bool { covers[glob]?.isActive == true }

  // MARK: The parts

  /// The first place whose cover's beginning is greater than a name.
  private func place(behind name: [UInt8]) -> Int {
    var (low, high) = (0, wanted.count)
    while low < high {
      let middle = (low + high) / 2
      if name.lexicographicallyPrecedes(wanted[middle].prefix) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }

  private func place(covering prefix: [UInt8]) -> Int? {
    let place = place(behind: prefix) - 1
    return place >= 0 && prefix.starts(with: wanted[place].prefix) ? place : nil
  }

  /// The places of all that begin so.
  private func places(beginningWith prefix: [UInt8]) -> Range<Int> {
    var start = place(behind: prefix)
    if start > 0, wanted[start - 1].prefix == prefix { start -= 1 }
    let end = wanted[start...].firstIndex { !$0.prefix.starts(with: prefix) } ?? wanted.endIndex
    return start..<end
  }

  /// Puts a cover into the place of others.
  ///
  /// - Parameter suffix: what its own pattern ends with; nil when it has none of its own.
  private mutating func begin(
    _ prefix: [UInt8], suffix: [UInt8]?, replacing places: Range<Int>
  ) -> Action {
    let replaced = wanted[places].map(\.glob)
    let ends = replaced.compactMap { covers[$0]?.suffix } + (suffix.map { [$0] } ?? [])
    let common = ends.dropFirst().reduce(ends.first ?? []) { Self.commonEnd($0, $1) }
    let cover = Cover(prefix, suffix: common, replacing: replaced)
    covers[cover.glob] = cover
    wanted.replaceSubrange(places, with: [(prefix, cover.glob)])
    return .subscribe(cover.glob)
  }

  /// The most that two neighbours begin with.
  private func closestPair() -> [UInt8] {
    var closest: [UInt8] = []
    for (left, right) in zip(wanted, wanted.dropFirst()) {
      let common = zip(left.prefix, right.prefix).prefix { $0 == $1 }.count
      if common >= closest.count { closest = Array(left.prefix.prefix(common)) }
    }
    return closest
  }

  private static func commonEnd(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
    let count = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
    return Array(left.suffix(count))
  }

  /// Forgets a cover, and those that it was to replace.
  private mutating func giveUp(_ glob: ByteBuffer) -> [Action] {
    guard let cover = covers.removeValue(forKey: glob) else { return [] }
    return cover.replaced.flatMap { giveUp($0) } + [.unsubscribe(glob)]
  }
}
