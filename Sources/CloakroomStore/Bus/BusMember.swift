internal import NIOCore

/// A loop's interest in one topic.
struct BusMember: Sendable {
  /// Where the loop takes from what is meant for it.
  let mailbox: BusMailbox
  /// What the loop knows its interest by.
  let token: UInt64

  /// Whether it is this one.
  func isSame(as token: UInt64, of mailbox: BusMailbox) -> Bool {
    self.token == token && self.mailbox === mailbox
  }
}

/// Whom a message is for: each loop once, with all its interests that it meets.
struct BusAudience {
  private var loops: [(mailbox: BusMailbox, tokens: [UInt64])] = []

  /// Whether there is nobody.
  var isEmpty: Bool { loops.isEmpty }

  /// Adds interests.
  mutating func add(_ members: [BusMember]) {
    // A sidecar has a handful of loops.
    for member in members {
      if let place = loops.firstIndex(where: { $0.mailbox === member.mailbox }) {
        loops[place].tokens.append(member.token)
      } else {
        loops.append((member.mailbox, [member.token]))
      }
    }
  }

  /// Has each loop told what is made for its interests.
  func forEach(_ body: (BusMailbox, [UInt64]) -> Void) {
    for loop in loops { body(loop.mailbox, loop.tokens) }
  }
}
