import CloakroomCore
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
    return Array(Suggestion.allNearest(to: name, in: names).prefix(3))
  }
}
