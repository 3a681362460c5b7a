import Support
import Testing

/// What has become of the increments by 1 of one counter.
struct CountTally {
  /// The values that increments were answered with; each can only be one increment's.
  private var values: Set<Int> = []
  private var repeated = 0
  private var unknown = 0
  /// How many were told that nothing was done.
  private(set) var refused = 0
  private var others: [String] = []

  /// Requests for increments.
  static func requests(_ count: Int) -> [(method: String, params: String)] {
    Array(repeating: ("counter.increment", #"{"key":"n"}"#), count: count)
  }

  /// How many answers there were.
  var total: Int { values.count + repeated + unknown + refused + others.count }

  mutating func add(_ answer: Answer) {
    switch answer.reason {
    case nil:
      guard let value = answer["value"] as? Int, answer["applied"] as? Bool == true else {
        return others.append(answer.text)
      }
      if !values.insert(value).inserted { repeated += 1 }
    case "OUTCOME_UNKNOWN": unknown += 1
    case "UNAVAILABLE": refused += 1
    default: others.append(answer.text)
    }
  }

  /// Holds a counter's value against the answers.
  func check(_ count: Int) {
    #expect(others == [])
    #expect(repeated == 0, "two increments were answered with one value")
    #expect(!values.isEmpty)
    #expect(count >= values.count, "an increment that was answered is lost")
    #expect(count <= values.count + unknown, "an increment was applied twice, or though refused")
    #expect((values.max() ?? 0) <= count)
  }
}
