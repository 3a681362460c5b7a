/// Guesses what somebody meant who wrote a name that doesn't exist.
public enum Suggestion {
  /// The candidate nearest to a name, when one is near enough to be what was meant.
  ///
  /// Near is a distance of at most a third of the name: one slip in a short name, more in a long
  /// one. The distance counts inserted, left out, replaced and swapped characters (optimal string
  /// alignment; Damerau, "A technique for computer detection and correction of spelling errors",
  /// 1964), without regard to case.
  public static func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
    allNearest(to: name, in: candidates).first
  }

  /// The candidates nearest to a name, all at the same distance, in their order; none when none is near
  /// enough.
  public static func allNearest(
    to name: String, in candidates: some Sequence<String>
  ) -> [String] {
    // Far longer names than any that exist are not worth the square of their length.
    guard name.utf8.count <= 100 else { return [] }
    let wanted = Array(name.lowercased().utf8)
    var least = max(wanted.count / 3, 1)
    var nearest: [String] = []
    for candidate in candidates {
      let distance = distance(wanted, Array(candidate.lowercased().utf8))
      if distance < least { nearest = [] }
      guard distance <= least else { continue }
      least = distance
      nearest.append(candidate)
    }
    return nearest
  }

  /// ` (did you mean X?)`, or nothing.
  public static func hint(for name: String, in candidates: some Sequence<String>) -> String {
    nearest(to: name, in: candidates).map { " (did you mean \($0)?)" } ?? ""
  }

  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
        var least = min(last[column + 1] + 1, current[column] + 1, replaced)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
