internal import CloakroomCore
internal import CloakroomWire
public import NIOCore

/// What `rpc.discover` answers: the method table as a document of the OpenRPC specification 1.3.2
/// (https://spec.open-rpc.org).
public enum OpenRPCDocument {
  /// The document's JSON in one line. It is made once, when the sidecar starts.
  ///
  /// A method's own parameters come first; the ones that every method takes follow as references. All are taken
  /// by name, and those that `x-positional` names in an array of that order as well. `x-effect` is the method's
  /// `Method.Effect`, `x-effect-with` another for calls that give a parameter. `x-notifications` are what the
  /// sidecar sends unasked, in the form of methods.
  ///
  /// - Parameters:
  ///   - table: the methods to describe.
  ///   - version: the sidecar's own version.
  public static func text(table: MethodTable, version: String) -> ByteBuffer {
    var document = JSONDocument()
    document.object { root in
      root.string("openrpc", "1.3.2")
      root.object("info") { info in
        info.string("title", "Cloakroom")
        info.string("version", version)
        info.string(
          "description",
          "A local sidecar for temporary data: JSON-RPC 2.0 over a Unix socket, one text a line, "
            + "with Content-Length headers, or over HTTP/1.1.")
      }
      root.array("methods") { methods in
        for method in table.methods { methods.object { write(method, to: &$0) } }
      }
      root.array("x-notifications") { notifications in
        for notification in Notification.all {
          notifications.object { write(notification, to: &$0) }
        }
      }
      root.object("components") { writeComponents(table, to: &$0) }
    }
    return document.text
  }

  private static func write(_ method: Method, to object: inout JSONDocument) {
    object.string("name", method.name)
    object.string("summary", method.summary)
    object.array("tags") { tags in
      tags.object { $0.string("name", String(method.namespace)) }
    }
    object.string("paramStructure", "by-name")
    object.array("x-positional") { names in
      for parameter in method.parameters { names.element("\(parameter.name)") }
    }
    object.array("params") { params in
      for parameter in method.parameters { params.object { write(parameter, to: &$0) } }
      for parameter in Parameter.common {
        params.object { $0.string("$ref", "#/components/contentDescriptors/\(parameter.name)") }
      }
    }
    object.object("result") { result in
      result.string("name", method.resultName)
      result.json("schema", "\(method.resultSchema)")
    }
    object.string("x-effect", method.effect.rawValue)
    if !method.effectWith.isEmpty {
      object.object("x-effect-with") { effects in
        for (parameter, effect) in method.effectWith.sorted(by: { $0.key < $1.key }) {
          effects.string(parameter, effect.rawValue)
        }
      }
    }
    object.array("errors") { errors in
      for reason in method.allReasons {
        errors.object { $0.string("$ref", "#/components/errors/\(reason.name)") }
      }
    }
    object.array("examples") { examples in
      examples.object { writeExample(of: method, to: &$0) }
    }
  }

  private static func write(_ parameter: Parameter, to object: inout JSONDocument) {
    object.string("name", "\(parameter.name)")
    object.string("summary", "\(parameter.summary)")
    object.json("required", parameter.isRequired ? "true" : "false")
    object.json("schema", "\(parameter.schema)")
  }

  private static func write(_ notification: Notification, to object: inout JSONDocument) {
    object.string("name", "\(notification.name)")
    object.string("summary", "\(notification.summary)")
    object.string("paramStructure", "by-name")
    object.json("params", "[]")
    object.json("x-params-schema", "\(notification.schema)")
  }

  private static func writeExample(of method: Method, to object: inout JSONDocument) {
    object.string("name", method.name)
    object.array("params") { params in
      for member in JSONNode(method.example.params)?.members ?? [] {
        params.object { example in
          example.string("name", member.name)
          example.json("value", member.value.written)
        }
      }
    }
    object.object("result") { result in
      result.string("name", method.resultName)
      result.json("value", "\(method.example.result)")
    }
  }

  private static func writeComponents(_ table: MethodTable, to components: inout JSONDocument) {
    components.object("contentDescriptors") { descriptors in
      for parameter in Parameter.common {
        descriptors.object("\(parameter.name)") { object in
          write(parameter, to: &object)
        }
      }
    }
    components.object("errors") { errors in
      for reason in table.reasons {
        errors.object(reason.name) { error in
          error.json("code", String(reason.code))
          error.string("message", reason.message)
          error.object("data") { data in
            data.string("reason", reason.name)
            data.json("retryable", reason.isRetryable ? "true" : "false")
          }
        }
      }
    }
  }
}

extension Method {
  /// What stubs may call the type of its result: `KvGetResult` of `kv.get`.
  fileprivate var resultName: String {
    name.split(separator: ".").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
      + "Result"
  }
}
