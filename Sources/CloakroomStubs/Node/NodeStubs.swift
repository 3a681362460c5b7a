/// Node's stubs, in TypeScript: for each namespace a class, for each method what it takes and answers.
///
/// The client's formatter leaves this file alone.
enum NodeStubs {
  /// Where they are, from the package's folder.
  static let path = "clients/node/src/methods.ts"

  /// What the client writes by hand: it makes more of these than a call. Their types are generated.
  static let byHand: Set = [
    "events.subscribe", "events.unsubscribe", "pending.checkout", "rpc.discover",
    "session.checkout", "system.cancel",
  ]

  /// The module.
  static func text(_ document: StubDocument) -> String {
    var text = """
      // Generated from the sidecar's method table by `swift run CloakroomStubs`. Don't edit.
      import { CallOptions, Effect, Namespace } from "./stub.js";

      /** What becomes of a call that is made again. */
      export const EFFECTS: ReadonlyMap<string, Effect> = new Map<string, Effect>([

      """
    for method in document.methods {
      text += "  [\(NodeText.literal(method.name)), \(NodeText.literal(method.effect))],\n"
    }
    text += """
      ]);

      /** The same for a call that gives a parameter, other than as null or false. */
      export const EFFECTS_WITH: ReadonlyMap<string, ReadonlyArray<readonly [string, Effect]>> = new Map<
        string,
        ReadonlyArray<readonly [string, Effect]>
      >([

      """
    for method in document.methods where !method.effectWith.isEmpty {
      let members = method.effectWith.map { parameter, effect in
        "[\(NodeText.literal(parameter)), \(NodeText.literal(effect))]"
      }
      text += "  [\(NodeText.literal(method.name)), [\(members.joined(separator: ", "))]],\n"
    }
    text += "]);\n"
    for (namespace, methods) in document.namespaces {
      for method in methods { text += types(method) }
      let methods = methods.filter { !byHand.contains($0.name) }
      guard !methods.isEmpty else { continue }
      text += "\n" + NodeText.documentation("\(namespace).*")
      text += "export class \(NodeText.capitalized(namespace)) extends Namespace {\n"
      text += methods.map(self.text).joined(separator: "\n")
      text += "}\n"
    }
    return text
  }

  /// `KvSet`, which the names of a method's types begin with.
  private static func prefix(_ method: StubMethod) -> String {
    NodeText.capitalized(method.namespace) + NodeText.capitalized(method.ownName)
  }

  private static func types(_ method: StubMethod) -> String {
    let optional = method.parameters.filter { !$0.isRequired }
    var text = "\n" + NodeText.documentation("What `\(method.name)` may be given.")
    if optional.isEmpty {
      text += "export type \(prefix(method))Options = CallOptions;\n"
    } else {
      text += "export interface \(prefix(method))Options extends CallOptions {\n"
      for parameter in optional {
        text += NodeText.documentation(parameter.summary, indented: "  ")
        text += "  \(parameter.name)?: \(NodeType(parameter.schema).given);\n"
      }
      text += "}\n"
    }
    let result = NodeType(method.result)
    text += "\n" + NodeText.documentation("What `\(method.name)` answers.")
    text += "export type \(prefix(method))Result\(result.isGeneric ? "<T = unknown>" : "") = "
    return text + result.answered + ";\n"
  }

  private static func text(_ method: StubMethod) -> String {
    let required = method.parameters.filter(\.isRequired)
    let isGeneric = NodeType(method.result).isGeneric
    var parameters = required.map { parameter in
      "\(NodeText.name(parameter.name)): \(NodeType(parameter.schema).given)"
    }
    parameters.append("options?: \(prefix(method))Options")
    let members = required.map { parameter in
      let name = NodeText.name(parameter.name)
      return name == parameter.name ? name : "\(parameter.name): \(name)"
    }
    let object = members.isEmpty ? "{}" : "{ \(members.joined(separator: ", ")) }"
    let result = "\(prefix(method))Result\(isGeneric ? "<T>" : "")"
    return NodeText.documentation(method.summary, indented: "  ") + """
        \(method.ownName)\(isGeneric ? "<T = unknown>" : "")(\(parameters.joined(separator: ", "))): Promise<\(result)> {
          return this.invoke(\(NodeText.literal(method.name)), \(object), options);
        }

      """
  }
}
