import ArgumentParser
import Cloakroom
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
        cloakroom methods --format json | jq -r '.methods[].name'

      EXIT STATUS: 0 printed; 64 no such method, or wrong usage.
      """)

  @Argument(
    help: "A method, as kv.get, or a namespace, as kv. (default: all)",
    completion: .custom { _, _, _ in
      Set(MethodTable.standard.methods.map { String($0.namespace) }).sorted()
        + MethodTable.standard.names
    })
  var name: String?

  @Option(
    help: ArgumentHelp(
      "How to print it: plain text, Markdown, or JSON as rpc.discover answers it (OpenRPC).",
      valueName: "format"))
  var format = Format.plain

  /// How to print the reference.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case plain, markdown, json
  }

  func run() throws { try outcome().finish() }

  /// The reference, or what is wrong with the name.
  func outcome() -> Outcome {
    let all = MethodTable.standard
    guard let chosen = name.map({ all.selection($0) }) ?? all else {
      return .failure(.usage, MethodGuess.complaint(about: name ?? "") ?? "there is no method")
    }
    switch format {
    case .plain:
      if let only = chosen.methods.first, only.name == name {
        return .success(MethodReference.plain(only))
      }
      return .success(MethodReference.list(chosen))
    case .markdown:
      return .success(
        name == nil
          ? MethodReference.markdown(table: all) : MethodReference.markdown(chosen.methods))
    case .json:
      return .success(MethodReference.json(table: chosen, version: Daemon.version))
    }
  }
}
