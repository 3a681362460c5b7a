import ArgumentParser
import CloakroomWire

/// Whose data a command is about.
struct TenantOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The service whose these are.", valueName: "name"))
  var service: String?

  @Option(
    help: ArgumentHelp(
      "The scope that they are in, outermost first; may be repeated.", valueName: "key=id"))
  var scope: [String] = []

  /// The scope as JSON; nil for what is no scope.
  var scopeText: String? {
    var text: [UInt8] = []
    for step in scope {
      guard let equals = step.firstIndex(of: "="), equals != step.startIndex else { return nil }
      text += Array((text.isEmpty ? "{\"key\":" : ",{\"key\":").utf8)
      JSONString.quote(String(step[..<equals]), into: &text)
      text += Array(",\"id\":".utf8)
      JSONString.quote(String(step[step.index(after: equals)...]), into: &text)
      text.append(UInt8(ascii: "}"))
    }
    return "[\(String(decoding: text, as: UTF8.self))]"
  }

  /// Asks a sidecar on behalf of the service, as long as the scope is one.
  func outcome(
    _ sidecar: SidecarOptions, _ environment: CommandEnvironment,
    _ ask: (_ exchange: Exchange, _ scope: String) throws(Exchange.Failure) -> Outcome
  ) -> Outcome {
    guard let scope = scopeText else {
      return .failure(.usage, "--scope is KEY=ID, as organization=org_1")
    }
    do throws(Exchange.Failure) {
      return try ask(
        Exchange(options: sidecar, environment: environment, service: service), scope)
    } catch {
      return error.outcome
    }
  }
}
