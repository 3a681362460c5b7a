/// What is measured, for people and for programs.
struct BenchSubject: Sendable {
  /// What is measured, one after the other: the names that results go by.
  var operations: [String]
  /// What is counted.
  var unit = "req/s"
  /// How it is measured, in words.
  var description: String
  /// How it is measured, in numbers: members of the JSON.
  var numbers: [(name: String, value: Int)]
}
