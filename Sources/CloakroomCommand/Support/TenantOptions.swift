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

  /// A conversation on behalf of the service.
  func exchange(_ sidecar: SidecarOptions, _ environment: CommandEnvironment) -> Exchange {
    Exchange(options: sidecar, environment: environment, service: service)
  }

  /// What a scope that is none comes to.
  static let badScope = Outcome.failure(.usage, "--scope is KEY=ID, as organization=org_1")
}
