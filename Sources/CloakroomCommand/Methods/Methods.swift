import ArgumentParser
import CloakroomMethods

/// `cloakroom methods`: the reference of all methods.
struct Methods: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the methods, or tell everything about one.",
    discussion: """
      The reference comes from the table that the sidecar itself validates calls by; it needs no \
      sidecar to run.

      EXAMPLES:
        cloakroom methods
        cloakroom methods kv
        cloakroom methods kv.set
        cloakroom methods --json | jq -r '.[].name'
      """)

  @Argument(
    help: "A method, as kv.get, or a namespace, as kv.",
    completion: .custom { _, _, _ in
      Set(MethodTable.standard.methods.map { String($0.namespace) }).sorted()
        + MethodTable.standard.names
    })
  var name: String?

  @Flag(help: "How to print it.")
  var format: Format?

  /// How to print the reference.
  enum Format: String, EnumerableFlag {
    case markdown, json

    static func help(for value: Format) -> ArgumentHelp? {
      switch value {
      case .markdown: "Print Markdown."
      case .json: "Print a JSON array with an object for each method."
      }
    }
  }

  func run() throws { try outcome().finish() }

  /// The reference, or what is wrong with the name.
  func outcome() -> Outcome {
    let all = MethodTable.standard.methods
    let chosen = name.map { name in all.filter { $0.name == name || $0.namespace == name } } ?? all
    guard !chosen.isEmpty else {
      return .failure(.usage, MethodGuess.complaint(about: name ?? "") ?? "there is no method")
    }
    switch format {
    case .markdown: return .success(MethodDocument.markdown(chosen))
    case .json: return Outcome(output: MethodDocument.json(chosen))
    case nil:
      if let only = chosen.first, only.name == name {
        return .success(MethodListing.detail(only))
      }
      return .success(MethodListing.list(chosen))
    }
  }
}
