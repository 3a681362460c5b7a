import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom pending dead`: lists operations whose attempts are used up, and opens them again.
struct DeadOperations: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead",
    abstract: "List operations that were checked out too often, or open them again.",
    discussion: """
      An operation is dead when it has been checked out as often as it may be and was never \
      committed. It is kept for a while (the setting pending.deadTTL). The holder of its token can \
      check it out again once it is open.

      On a terminal there is a line for each: id, type, attempts, when it was made, and what the last \
      release has said. Into a pipe each is a line of JSON. --reopen prints what it has opened.

      EXAMPLES:
        cloakroom pending dead
        cloakroom pending dead --service billing --scope organization=org_1 --data | jq .data
        cloakroom pending dead --reopen 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

      \(ExitStatus.help)
      """)

  @OptionGroup var sidecar: SidecarOptions

  @Option(
    help: ArgumentHelp(
      "Open this one again, with all its attempts and its whole life; may be repeated.",
      valueName: "id"))
  var reopen: [String] = []

  @OptionGroup var tenant: TenantOptions

  @Flag(help: "Also print their data, where the store has them.")
  var data = false

  func validate() throws {
    guard reopen.isEmpty || !data else {
      throw ValidationError("--data is for the list: --reopen prints ids alone")
    }
  }

  func run() throws { try outcome(.process).finish() }

  /// The list, or what was opened.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    tenant.outcome(sidecar, environment) { exchange, scope throws(Exchange.Failure) in
      reopen.isEmpty
        ? try list(exchange, scope, environment)
        : try open(exchange, scope)
    }
  }

  private func list(
    _ exchange: Exchange, _ scope: String, _ environment: CommandEnvironment
  ) throws(Exchange.Failure) -> Outcome {
    var output: [UInt8] = []
    var cursor = "null"
    repeat {
      let params = #"{"cursor":\#(cursor),"count":1000,"withData":\#(data),"scope":\#(scope)}"#
      switch try exchange.call("pending.dead", Array(params.utf8)) {
      case .result(let result):
        for operation in result["operations"]?.elements ?? [] {
          output +=
            environment.isOutputTerminal ? Array(row(operation).utf8) : Array(operation.bytes)
          output.append(UInt8(ascii: "\n"))
        }
        cursor = result["cursor"]?.written ?? "null"
      case .error(let error):
        return Outcome(output: output, complaint: "\(error)\n", status: .failure)
      }
    } while cursor != "null"
    if output.isEmpty {
      return Outcome(complaint: "no operation is dead\n", complaintColour: .good)
    }
    return .success(output, .bad, environment)
  }

  private func row(_ operation: JSONNode) -> String {
    let names = ["id", "operationType", "attempts", "createdAt", "error", "data"]
    let texts = names.compactMap { name -> String? in
      if name == "error", operation[name]?.kind == .null { return nil }
      return operation[name].map { node in
        // A type may be any text: it is shown as JSON unless it can't do a terminal any harm.
        let text = name == "data" ? nil : node.string
        return text.flatMap { $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? $0 : nil }
          ?? node.written
      }
    }
    return texts.joined(separator: "  ")
  }

  private func open(_ exchange: Exchange, _ scope: String) throws(Exchange.Failure) -> Outcome {
    var outcome = Outcome(isList: true)
    for id in reopen {
      var params: [UInt8] = Array("{\"id\":".utf8)
      JSONString.quote(id, into: &params)
      params += Array(",\"scope\":\(scope)}".utf8)
      switch try exchange.call("pending.reopen", params) {
      case .result:
        outcome.output += Array("\(id)\n".utf8)
      case .error(let error):
        outcome.complaint += "\(id): \(error)\n"
        outcome.status = .failure
      }
    }
    return outcome
  }
}

/// `cloakroom pending`: what an operator does about pending operations.
struct Pending: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look after pending operations.", subcommands: [DeadOperations.self])
}
