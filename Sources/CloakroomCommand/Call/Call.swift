import ArgumentParser
import CloakroomClient
import CloakroomMethods
import CloakroomWire

/// `cloakroom call`: one call from the command line.
struct Call: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Call a method of the sidecar and print its result.",
    discussion: """
      PARAMS is the text of a JSON object or array; @FILE reads it from a file, and - from \
      standard input. It is checked before anything is sent. Numbers and strings are never \
      reinterpreted, neither on the way there nor back.

      The result goes to standard output, indented on a terminal and otherwise byte for byte as \
      the sidecar sent it. An error goes to standard error as NAME: message.

      EXAMPLES:
        cloakroom call system.ping
        cloakroom call kv.set '{"key":"user:1","value":"Alice","ttl":"1h"}'
        cloakroom call kv.get '{"key":"user:1"}' | jq .value
        cloakroom call kv.set @request.json
        generate | cloakroom call batch.set -

      \(ExitStatus.help)
      """)

  @Argument(
    help: "The method, as kv.get; `cloakroom methods` lists them all.",
    completion: .custom { _, _, _ in MethodTable.standard.names })
  var method: String

  @Argument(
    help: "The parameters: JSON, @FILE, or - for standard input.", completion: .file())
  var params: String?

  @OptionGroup var sidecar: SidecarOptions

  @Flag(help: "Send a notification: nothing is answered, and no error is told.")
  var notify = false

  @Flag(help: "How to print the result, whatever it is printed to.")
  var layout: Layout?

  /// How to print a result.
  enum Layout: String, EnumerableFlag {
    case raw, pretty

    static func help(for value: Layout) -> ArgumentHelp? {
      switch value {
      case .raw: "Print the result byte for byte as it came, on a terminal too."
      case .pretty: "Print the result indented, into a pipe too."
      }
    }
  }

  func validate() throws {
    guard !notify || layout == nil else {
      throw ValidationError(
        "--notify has no result to print: leave --\(layout?.rawValue ?? "") out")
    }
  }

  func run() throws { try outcome(.process).finish() }

  /// The call and what it comes to.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    do throws(Exchange.Failure) {
      let params = try ParamsArgument(params, for: method).bytes(environment)
      let exchange = Exchange(options: sidecar, environment: environment)
      guard !notify else {
        // Nobody would answer that there is no such method.
        if let complaint = MethodGuess.complaint(about: method) {
          throw Exchange.Failure(.failure(.usage, complaint))
        }
        try exchange.notify(method, params)
        return Outcome()
      }
      switch try exchange.call(method, params) {
      case .result(let result):
        let isPretty = layout.map { $0 == .pretty } ?? environment.isOutputTerminal
        let text = isPretty ? JSONIndenter.indent(result.bytes) : Array(result.bytes)
        return Outcome(output: text + [UInt8(ascii: "\n")], isVerbatim: layout == .raw)
      case .error(let error):
        return outcome(of: error)
      }
    } catch {
      return error.outcome
    }
  }

  private func outcome(of error: ReplyError) -> Outcome {
    // The sidecar has the last word on what methods there are: it may be newer than this command.
    if error.reason == "METHOD_NOT_FOUND", let complaint = MethodGuess.complaint(about: method) {
      return .failure(.usage, "\(error)\n\(complaint)")
    }
    guard error.reason == "INVALID_PARAMS", let example = MethodGuess.example(of: method) else {
      return .failure(.failure, "\(error)")
    }
    return .failure(.failure, "\(error)\n\(example)")
  }
}
