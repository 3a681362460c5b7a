import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom sessions show`: how a session stands, for support.
struct ShowSession: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show how a session stands.",
    discussion: """
      The session is looked at and not touched: its life is not made longer. What it has in it is \
      shown with --data only, and sensitive members never are.

      EXAMPLES:
        cloakroom sessions show 6f2a7c1e-9b5d-4f38-8f0e-2f7d1c3b4a59
        cloakroom sessions show 6f2a7c1e-9b5d-4f38-8f0e-2f7d1c3b4a59 --data --json | jq .data

      \(ExitStatus.help)
      """)

  @OptionGroup var sidecar: SidecarOptions
  @OptionGroup var tenant: TenantOptions

  @Argument(help: ArgumentHelp("The session's id.", valueName: "id")) var id: String

  @Flag(help: "Also show its data.")
  var data = false

  @Flag(help: "Print JSON, on a terminal too.")
  var json = false

  func run() throws { try outcome(.process).finish() }

  /// How it stands.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    tenant.outcome(sidecar, environment) { exchange, scope throws(Exchange.Failure) in
      var params: [UInt8] = Array("{\"sessionId\":".utf8)
      JSONString.quote(id, into: &params)
      params += Array(",\"scope\":\(scope)}".utf8)
      switch try exchange.call("session.get", params) {
      case .result(let session):
        let isTable = environment.isOutputTerminal && !json
        return Outcome(
          output: isTable ? Array(table(session).utf8) : text(session) + [0x0A])
      case .error(let error):
        return .failure(.failure, "\(error)")
      }
    }
  }

  /// The members that are shown: what opens the session is not, and its data only when asked for.
  private func members(_ session: JSONNode) -> [(name: String, value: JSONNode)] {
    session.members.map { ($0.name, $0.value) }.filter { name, _ in
      name != "sessionId" && (data || name != "data")
    }
  }

  private func text(_ session: JSONNode) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (place, member) in members(session).enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      JSONString.quote(member.name, into: &text)
      text.append(UInt8(ascii: ":"))
      text += Array(member.value.bytes)
    }
    return text + [UInt8(ascii: "}")]
  }

  /// A line for each member, and one for each step.
  private func table(_ session: JSONNode) -> String {
    var rows: [(String, String)] = []
    for (name, value) in members(session) where name != "validationStatus" {
      guard name == "steps" else {
        rows.append((name, shown(value)))
        continue
      }
      for step in value.elements {
        rows.append(
          ("step \(step["id"].map(shown) ?? "")", step["status"].map(shown) ?? ""))
      }
    }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
    }.joined()
  }

  /// A text as it is where it can do a terminal no harm; otherwise JSON, which is escaped.
  private func shown(_ node: JSONNode) -> String {
    node.string.flatMap { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? $0 : nil }
      ?? node.written
  }
}

/// `cloakroom sessions`: what support does about sessions.
struct Sessions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at sessions.", subcommands: [ShowSession.self])
}
