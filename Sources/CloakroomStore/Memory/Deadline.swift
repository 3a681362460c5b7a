internal import CloakroomCore

/// When a value's life ends, in milliseconds of the store's clock.
struct Deadline: Sendable, Hashable, Comparable {
  /// The end of what has no end.
  static let never = Deadline(at: .max)

  /// The first millisecond in which the value is no longer there.
  let at: Int64

  /// The end at a moment.
  init(at: Int64) { self.at = at }

  /// The end of a life that begins now. A clock at the end of its range stops short of `never`.
  init(after life: TimeToLive, from now: Int64) {
    let (end, overflow) = now.addingReportingOverflow(life.milliseconds)
    at = overflow ? .max - 1 : min(end, .max - 1)
  }

  /// Whether that moment has passed.
  func isOver(at now: Int64) -> Bool { at <= now }

  /// The milliseconds until then, or nil when it never comes.
  func remaining(at now: Int64) -> Int64? {
    guard self != .never else { return nil }
    let (rest, overflow) = at.subtractingReportingOverflow(now)
    return overflow ? .max : rest
  }

  static func < (left: Self, right: Self) -> Bool { left.at < right.at }
}

extension Expiry {
  /// The end of a value's life when it is written now.
  ///
  /// - Parameter current: the end so far; nil when there was nothing.
  func deadline(from now: Int64, keeping current: Deadline?) -> Deadline {
    switch self {
    case .after(let life): Deadline(after: life, from: now)
    case .never: .never
    case .keep(let otherwise):
      if let current, current != .never { current } else { Deadline(after: otherwise, from: now) }
    }
  }
}
