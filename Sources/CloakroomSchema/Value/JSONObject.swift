/// A JSON object: its members in the order in which they came, each name once.
struct JSONObject: Sendable, Hashable {
  struct Member: Sendable {
    let name: JSONText
    let value: JSONValue
  }

  let members: [Member]
  /// What it costs to look at everything in it, in steps of a validation.
  let weight: Int
  private let index: [JSONText: Int]

  init(_ members: [Member]) {
    self.members = members
    weight = members.reduce(1) { $0 + $1.name.weight + $1.value.weight }
    index = Dictionary(
      members.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The name of the first member that was there before; nil where each name comes once.
  var repeatedName: JSONText? {
    guard index.count < members.count else { return nil }
    return members.enumerated().first { index[$1.name] != $0 }?.element.name
  }

  /// The value of a member, nil if there is none of that name.
  subscript(name: JSONText) -> JSONValue? { index[name].map { members[$0].value } }

  // The order of members makes no difference.
  static func == (left: Self, right: Self) -> Bool {
    left.members.count == right.members.count
      && left.members.allSatisfy { right[$0.name] == $0.value }
  }

  func hash(into hasher: inout Hasher) {
    var sum = 0
    for member in members {
      var part = Hasher()
      part.combine(member.name)
      part.combine(member.value)
      sum &+= part.finalize()
    }
    hasher.combine(sum)
  }
}
