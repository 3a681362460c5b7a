import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom flows show`
struct ShowFlow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a flow: its steps and what each requires, or its definition.",
    discussion: """
      On a terminal there is a line for each step. Into a pipe, and with --json, it is the definition \
      as a file of the flows' folder has it.

      EXAMPLES:
        cloakroom flows show project-wizard
        cloakroom flows show project-wizard --version 2 --json > project-wizard.json

      \(ExitStatus.help)
      """)

  @Argument(help: "The flow's name.")
  var name: String

  @Option(help: ArgumentHelp("Which version. (default: the current one)", valueName: "number"))
  var version: Int?

  @OptionGroup var place: FlowPlace

  func run() throws { try outcome(.process).finish() }

  /// The flow.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    place.outcome(environment) { exchange, scope, isTable throws(Exchange.Failure) in
      var params: [UInt8] = Array("{\"name\":".utf8)
      JSONString.quote(name, into: &params)
      if let version { params += Array(",\"version\":\(version)".utf8) }
      params += Array(",\"scope\":\(scope)}".utf8)
      switch try exchange.call("flow.get", params) {
      case .error(let error): return .failure(.failure, "\(error)")
      case .result(let result):
        return isTable
          ? .success(Self.table(of: result)) : Outcome(output: Self.file(of: result))
      }
    }
  }

  /// The definition with the flow's name, indented.
  private static func file(of flow: JSONNode) -> [UInt8] {
    let members = [("name", flow["name"])] + (flow["definition"]?.members ?? []).map { ($0, $1) }
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (index, (name, value)) in members.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      JSONString.quote(name, into: &text)
      text.append(UInt8(ascii: ":"))
      text += value?.bytes ?? []
    }
    text.append(UInt8(ascii: "}"))
    return JSONIndenter.indent(text) + [UInt8(ascii: "\n")]
  }

  private static func table(of flow: JSONNode) -> String {
    let definition = flow["definition"]
    let steps = definition?["steps"]?.elements ?? []
    let ids = steps.map { TextTable.harmless($0["id"]) }
    var rows = [["STEP", "TITLE", "REQUIRES", "DEPENDS ON", "CHECKS", "WHEN"]]
    for (index, step) in steps.enumerated() {
      let requires =
        step["requires"]?.elements.map { TextTable.harmless($0) }
        ?? (index > 0 ? [ids[index - 1]] : [])
      rows.append([
        ids[index], TextTable.harmless(step["title"]), requires.joined(separator: ", "),
        (step["dependsOn"]?.elements ?? []).map { TextTable.harmless($0) }.joined(separator: ", "),
        step["schema"] == nil ? "" : "yes", step["when"] == nil ? "always" : "conditional",
      ])
    }
    let versions = (flow["versions"]?.elements ?? []).map(\.written).joined(separator: ", ")
    var facts = [
      ["flow", TextTable.harmless(flow["name"])],
      ["version", "\(flow["version"]?.written ?? "") (of \(versions))"],
      ["state", flow["closed"]?.kind == .true ? "closed" : "open"],
      [
        "defined",
        "\(TextTable.harmless(flow["definedAt"])) by \(TextTable.harmless(flow["source"]))",
      ],
    ]
    for name in ["idleTtl", "absoluteTtl", "bind", "sensitive"] {
      if let value = definition?[name] { facts.append([name, TextTable.harmless(value)]) }
    }
    if definition?["schema"] != nil { facts.append(["at the end", "the whole is checked"]) }
    return TextTable.text(facts) + "\n" + TextTable.text(rows)
  }
}
