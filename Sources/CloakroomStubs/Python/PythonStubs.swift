/// Python's stubs: for each namespace a class for threads and one for asyncio, neither wrapped in the other.
///
/// Formatted as `ruff format` has it, so that the client's own check finds nothing to change.
enum PythonStubs {
  /// Where they are, from the package's folder.
  static let path = "clients/python/src/cloakroom/_methods.py"

  /// What the client writes by hand: it makes more of these than a call.
  static let byHand: Set = [
    "events.subscribe", "events.unsubscribe", "pending.checkout", "rpc.discover",
    "session.checkout", "system.cancel",
  ]

  /// The module.
  static func text(_ document: StubDocument) -> String {
    var text = """
      # Generated from the sidecar's method table by `swift run CloakroomStubs`. Don't edit.
      from __future__ import annotations

      from typing import TYPE_CHECKING, Any, Dict, List, Literal, Mapping, Sequence, Union, cast

      from ._stub import UNSET, AsyncNamespace, Common, Maybe, Namespace

      if TYPE_CHECKING:
          from typing_extensions import Unpack

      # What becomes of a call that is made again.
      EFFECTS: Dict[str, str] = {

      """
    for method in document.methods {
      text += "    \(PythonText.literal(method.name)): \(PythonText.literal(method.effect)),\n"
    }
    text += """
      }

      # The same for a call that gives a parameter, other than as None or False.
      EFFECTS_WITH: Dict[str, Dict[str, str]] = {

      """
    for method in document.methods where !method.effectWith.isEmpty {
      let members = method.effectWith.map { parameter, effect in
        "\(PythonText.literal(parameter)): \(PythonText.literal(effect))"
      }
      text += "    \(PythonText.literal(method.name)): {\(members.joined(separator: ", "))},\n"
    }
    text += "}\n"
    for (namespace, methods) in document.namespaces {
      let methods = methods.filter { !byHand.contains($0.name) }
      guard !methods.isEmpty else { continue }
      text += classText(namespace, methods, isAsync: false)
      text += classText(namespace, methods, isAsync: true)
    }
    return text
  }

  private static func classText(
    _ namespace: String, _ methods: [StubMethod], isAsync: Bool
  ) -> String {
    let name = namespace.prefix(1).uppercased() + namespace.dropFirst()
    let prefix = isAsync ? "Async" : ""
    var text = "\n\nclass \(prefix)\(name)(\(prefix)Namespace):\n    \"\"\"\(namespace).*\"\"\"\n"
    for method in methods { text += "\n" + self.text(method, isAsync: isAsync) }
    return text
  }

  private static func text(_ method: StubMethod, isAsync: Bool) -> String {
    let required = method.parameters.filter(\.isRequired)
    let optional = method.parameters.filter { !$0.isRequired }
    var lines = ["    \(isAsync ? "async " : "")def \(PythonText.name(method.ownName))("]
    lines.append("        self,")
    lines += required.map { "        \(PythonText.name($0.name)): \(PythonType($0.schema).given)," }
    if !optional.isEmpty { lines.append("        *,") }
    lines += optional.map { parameter in
      "        \(PythonText.name(parameter.name)): Maybe[\(PythonType(parameter.schema).given)] = UNSET,"
    }
    lines.append("        **common: Unpack[Common],")
    let result = PythonType(method.result).answered
    lines.append("    ) -> \(result):")
    lines.append("        \"\"\"\(PythonText.documentation(method.summary))\"\"\"")
    let members = required.map { "\(PythonText.literal($0.name)): \(PythonText.name($0.name))" }
    lines += PythonText.dictionary("        params: Dict[str, Any] = ", members)
    for parameter in optional {
      let name = PythonText.name(parameter.name)
      lines.append("        if \(name) is not UNSET:")
      lines.append("            params[\(PythonText.literal(parameter.name))] = \(name)")
    }
    let call =
      "\(isAsync ? "await " : "")self._call(\(PythonText.literal(method.name)), params, common)"
    lines.append("        return \(result == "Any" ? call : "cast(\(result), \(call))")")
    return lines.joined(separator: "\n") + "\n"
  }
}
