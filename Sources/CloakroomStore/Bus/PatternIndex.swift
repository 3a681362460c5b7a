internal import CloakroomCore
internal import NIOCore

/// The patterns that are listened to, by what each of them begins with.
///
/// A tree of beginnings (a radix tree): a name meets only the patterns that stand on its own way down,
/// and those are found in time that the name's length bounds, however many others there are. Whether one of them
/// matches is for the caller to ask, who need not hold any lock for that.
struct PatternIndex: Sendable {
  /// A pattern, and who listens to it. Never changed, so that it can be looked at while the index is.
  final class Pattern: Sendable {
    let bytes: ByteBuffer
    let glob: Glob
    let members: [BusMember]

    init(_ bytes: ByteBuffer, _ glob: Glob, _ members: [BusMember]) {
      self.bytes = bytes
      self.glob = glob
      self.members = members
    }

    /// The same pattern with others that listen.
    func with(_ members: [BusMember]) -> Pattern { Pattern(bytes, glob, members) }
  }

  /// The patterns that a name has to be held against.
  struct Candidates: Sendable {
    fileprivate var groups: [[Pattern]] = []

    /// How many there are.
    var count: Int { groups.reduce(0) { $0 + $1.count } }

    /// Those of them that match.
    func matching(_ name: ByteBuffer) -> BusAudience {
      var audience = BusAudience()
      name.withUnsafeReadableBytes { name in
        for group in groups {
          for pattern in group where pattern.glob.matches(name) { audience.add(pattern.members) }
        }
      }
      return audience
    }
  }

  private struct Node: Sendable {
    /// What stands between its parent's beginning and its own; empty for the root alone.
    var label: [UInt8]
    var parent: Int
    /// The nodes below it, by the first bytes of their labels.
    var children: [UInt8: Int] = [:]
    /// The patterns that begin with this and then have a star, or are over.
    var patterns: [Pattern] = []
    /// How many patterns there are here and below.
    var count = 0
  }

  /// Where a pattern is.
  private struct Place: Sendable {
    var node: Int
    var index: Int
  }

  private static let root = 0

  private var nodes = [Node(label: [], parent: PatternIndex.root)]
  private var free: [Int] = []
  /// By the globs' own bytes.
  private var places: [ByteBuffer: Place] = [:]

  /// How many patterns there are.
  var count: Int { places.count }
  /// How many nodes the tree has; no more than two for each pattern, and the root.
  var nodeCount: Int { nodes.count - free.count }

  // MARK: Changing

  /// Adds who listens to a glob.
  ///
  /// - Parameter bytes: the glob; in memory of its own, as it is kept.
  /// - Returns: the glob.
  @discardableResult
  mutating func add(_ member: BusMember, to bytes: ByteBuffer) -> Glob {
    if let place = places[bytes] {
      let pattern = nodes[place.node].patterns[place.index]
      nodes[place.node].patterns[place.index] = pattern.with(pattern.members + [member])
      return pattern.glob
    }
    let glob = Glob(redis: bytes)
    let node = makeNode(glob.prefix)
    places[bytes] = Place(node: node, index: nodes[node].patterns.count)
    nodes[node].patterns.append(Pattern(bytes, glob, [member]))
    count(1, from: node)
    return glob
  }

  /// Takes out one who listens to a glob no more; the glob goes with its last one.
  ///
  /// - Returns: what the glob began with, if it is gone.
  mutating func remove(_ token: UInt64, of mailbox: BusMailbox, from bytes: ByteBuffer) -> [UInt8]?
  {
    guard let place = places[bytes] else { return nil }
    let pattern = nodes[place.node].patterns[place.index]
    let rest = pattern.members.filter { !$0.isSame(as: token, of: mailbox) }
    guard rest.isEmpty else {
      nodes[place.node].patterns[place.index] = pattern.with(rest)
      return nil
    }
    places[bytes] = nil
    // The last one takes its place.
    let last = nodes[place.node].patterns.removeLast()
    if last !== pattern {
      nodes[place.node].patterns[place.index] = last
      places[last.bytes]?.index = place.index
    }
    count(-1, from: place.node)
    prune(place.node)
    return pattern.glob.prefix
  }

  private mutating func count(_ change: Int, from node: Int) {
    var node = node
    while node != Self.root {
      nodes[node].count += change
      node = nodes[node].parent
    }
    nodes[Self.root].count += change
  }

  // MARK: Asking

  /// The patterns that a name has to be held against: those that begin as it does.
  func candidates(for name: ByteBuffer) -> Candidates {
    var found = Candidates()
    name.withUnsafeReadableBytes { name in
      var node = Self.root
      var place = 0
      while true {
        if !nodes[node].patterns.isEmpty { found.groups.append(nodes[node].patterns) }
        guard place < name.count, let child = nodes[node].children[name[place]] else { return }
        let label = nodes[child].label
        guard name[place...].starts(with: label) else { return }
        place += label.count
        node = child
      }
    }
    return found
  }

  /// Whether there is a pattern that begins so.
  func hasPatterns(beginningWith prefix: [UInt8]) -> Bool {
    var node = Self.root
    var rest = prefix[...]
    while let byte = rest.first {
      guard let child = nodes[node].children[byte] else { return false }
      let label = nodes[child].label
      guard label.prefix(rest.count) == rest.prefix(label.count) else { return false }
      rest = rest.dropFirst(label.count)
      node = child
    }
    return nodes[node].count > 0
  }

  /// All patterns, in no order.
  var all: some Sequence<Pattern> { nodes.lazy.flatMap(\.patterns) }

  // MARK: The tree

  /// The node of a beginning, which is made if there is none.
  private mutating func makeNode(_ prefix: [UInt8]) -> Int {
    var node = Self.root
    var rest = prefix[...]
    while let byte = rest.first {
      guard let child = nodes[node].children[byte] else { return append(Array(rest), below: node) }
      let label = nodes[child].label
      let common = zip(label, rest).prefix { $0 == $1 }.count
      if common < label.count { split(child, at: common) }
      node = common < label.count ? nodes[child].parent : child
      rest = rest.dropFirst(common)
    }
    return node
  }

  private mutating func append(_ label: [UInt8], below parent: Int) -> Int {
    let node = Node(label: label, parent: parent)
    let place = free.popLast() ?? nodes.count
    if place == nodes.count { nodes.append(node) } else { nodes[place] = node }
    if let first = label.first { nodes[parent].children[first] = place }
    return place
  }

  /// Puts a node between another and its parent.
  private mutating func split(_ node: Int, at count: Int) {
    let label = nodes[node].label
    let between = append(Array(label.prefix(count)), below: nodes[node].parent)
    nodes[node].label = Array(label.dropFirst(count))
    nodes[node].parent = between
    nodes[between].children[label[count]] = node
    nodes[between].count = nodes[node].count
  }

  /// Gives up what is not needed any more: a node with nothing below it, and one that only leads to another.
  private mutating func prune(_ node: Int) {
    guard node != Self.root, nodes[node].patterns.isEmpty else { return }
    let parent = nodes[node].parent
    switch nodes[node].children.count {
    case 0:
      if let first = nodes[node].label.first { nodes[parent].children[first] = nil }
      release(node)
      prune(parent)
    case 1:
      guard let child = nodes[node].children.values.first, let first = nodes[node].label.first
      else {
        return
      }
      nodes[child].label = nodes[node].label + nodes[child].label
      nodes[child].parent = parent
      nodes[parent].children[first] = child
      release(node)
    default:
      break
    }
  }

  private mutating func release(_ node: Int) {
    nodes[node] = Node(label: [], parent: Self.root)
    free.append(node)
  }
}
