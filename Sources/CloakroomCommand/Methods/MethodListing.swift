import CloakroomClient
import CloakroomCore
import CloakroomMethods

/// The method table as text for a terminal.
enum MethodListing {
  /// Names and summaries, a line each.
  static func list(_ methods: [Method]) -> String {
    let width = methods.map(\.name.count).max() ?? 0
    return methods.map { method in
      "\(padded(method.name, width))  \(method.summary)\n"
    }.joined()
  }

  /// Everything about one method.
  static func detail(_ method: Method) -> String {
    var text = "\(method.name)\n  \(method.summary)\n"
    let own = method.allParameters.prefix(method.parameters.count)
    let common = method.allParameters.dropFirst(method.parameters.count)
    if !own.isEmpty { text += "\nParameters, by name or in this order:\n" + table(own) }
    text += "\nWhat every method takes, by name:\n" + table(common)
    text += "\nResult:\n"
    text += indented(JSONIndenter.indent("\(method.resultSchema)".utf8))
    if !method.reasons.isEmpty {
      text += "\nErrors of its own:\n"
      let width = method.reasons.map(\.name.count).max() ?? 0
      for reason in method.reasons {
        text += "  \(padded(reason.name, width))  \(reason.code)  \(reason.message)\n"
      }
    }
    text += "\nExample:\n  \(method.commandLine)\n  \(method.example.result)\n"
    return text
  }

  private static func table(_ parameters: ArraySlice<Parameter>) -> String {
    let rows = parameters.map { parameter in
      (
        name: "\(parameter.name)", type: SchemaText.type(of: "\(parameter.schema)"),
        text: (parameter.isRequired ? "Required. " : "") + "\(parameter.summary)"
      )
    }
    let names = rows.map(\.name.count).max() ?? 0
    let types = rows.map(\.type.count).max() ?? 0
    return rows.map { row in
      "  \(padded(row.name, names))  \(padded(row.type, types))  \(row.text)\n"
    }.joined()
  }

  private static func indented(_ text: [UInt8]) -> String {
    String(decoding: text, as: UTF8.self).split(separator: "\n").map { "  \($0)\n" }.joined()
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}
