internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// The method table for people and programs to read.
public enum MethodReference {
  /// Every method with its summary, one a line, an empty line between namespaces.
  public static func list(_ table: MethodTable) -> String {
    let width = table.names.map(\.count).max() ?? 0
    var text = ""
    var namespace = table.methods.first?.namespace
    for method in table.methods {
      if method.namespace != namespace { text += "\n" }
      namespace = method.namespace
      text += "\(padded(method.name, to: width))  \(method.summary)\n"
    }
    return text
  }

  /// All that there is to know of one method.
  public static func plain(_ method: Method) -> String {
    var text = "\(method.name)\n  \(method.summary)\n"
    if !method.parameters.isEmpty {
      text += "\nParameters, by name or in this order\n" + lines(of: method.parameters)
    }
    text += "\nParameters of every method, by name\n" + lines(of: Parameter.common)
    text += "\nResult\n  \(type(method.resultSchema))\n"
    text += "\nErrors\n" + lines(of: method.allReasons)
    text += "\nEffect, which says how to repeat a call whose answer was lost\n"
    text += "  \(effect(of: method) { $0 })\n"
    text += "\nExample\n  \(call(method))\n  \(method.example.result)\n"
    return text
  }

  /// What becomes of a call that is made again.
  ///
  /// - Parameter quoted: sets off names from prose.
  static func effect(of method: Method, _ quoted: (String) -> String) -> String {
    let others = method.effectWith.sorted { $0.key < $1.key }
    return quoted(method.effect.rawValue)
      + others.map { ", with \(quoted($0.key)) \(quoted($0.value.rawValue))" }.joined()
  }

  /// The methods for programs: the document that `rpc.discover` answers, and a line feed.
  public static func json(table: MethodTable, version: String) -> String {
    String(buffer: OpenRPCDocument.text(table: table, version: version)) + "\n"
  }

  private static func lines(of parameters: [Parameter]) -> String {
    let names = parameters.map { "\($0.name)\($0.isRequired ? "" : "?")" }
    let width = names.map(\.count).max() ?? 0
    let margin = String(repeating: " ", count: width + 4)
    return zip(names, parameters).map { name, parameter in
      "  \(padded(name, to: width))  \(type(parameter.schema))\n\(margin)\(parameter.summary)\n"
    }.joined()
  }

  private static func lines(of reasons: [Reason]) -> String {
    let width = reasons.map(\.name.count).max() ?? 0
    return reasons.map { reason in
      "  \(reason.code)  \(padded(reason.name, to: width))  \(reason.message)\n"
    }.joined()
  }

  /// A command line for a shell that calls a method with its example's parameters.
  public static func call(_ method: Method) -> String {
    let params = "\(method.example.params)"
    guard params != "{}" else { return "cloakroom call \(method.name)" }
    // Inside of single quotes a shell leaves everything alone but the quote itself.
    let parts = params.split(separator: "'", omittingEmptySubsequences: false)
    return "cloakroom call \(method.name) '\(parts.joined(separator: #"'\''"#))'"
  }

  /// A schema of the table in a few words.
  static func type(_ schema: StaticString) -> String {
    JSONNode(schema)?.typeForPeople ?? "any JSON"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}
