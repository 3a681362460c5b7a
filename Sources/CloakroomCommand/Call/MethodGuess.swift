import CloakroomMethods

/// Guesses which method was meant by a name that is none.
enum MethodGuess {
  /// What is wrong with a name that no method has; nil if one has it.
  static func complaint(about name: String) -> String? {
    let names = MethodTable.standard.names
    guard !names.contains(name) else { return nil }
    let guesses = nearest(to: name)
    let question = guesses.isEmpty ? "" : ": did you mean \(guesses.joined(separator: " or "))?"
    return "this command knows no method \(name)\(question)\n"
      + "`cloakroom methods` lists what there is"
  }

  /// A line with an example of how a method is called; nil if there is no such method.
  static func example(of name: String) -> String? {
    MethodTable.standard.methods.first { $0.name == name }.map { method in
      "for example: \(MethodReference.call(method))"
    }
  }

  /// The methods that a name without its namespace may stand for, or else the one that differs
  /// least.
  static func nearest(to name: String) -> [String] {
    let names = MethodTable.standard.names
    let unqualified = names.filter { $0.split(separator: ".").last.map(String.init) == name }
    if !unqualified.isEmpty { return unqualified }
    // Far longer names than any that exist are not worth the square of their length.
    guard name.utf8.count <= 100 else { return [] }
    let wanted = Array(name.lowercased().utf8)
    let ranked = names.map { (name: $0, distance: distance(wanted, Array($0.lowercased().utf8))) }
    guard let least = ranked.map(\.distance).min(), least <= max(wanted.count / 3, 1) else {
      return []
    }
    return ranked.filter { $0.distance == least }.prefix(3).map(\.name)
  }

  /// How many bytes have to be inserted, left out or replaced (Levenshtein, 1965).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        current.append(
          min(
            last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1)))
      }
      last = current
    }
    return last[right.count]
  }
}
