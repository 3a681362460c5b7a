import CloakroomMethods
import CloakroomWire

/// The method table for programs and for the README.
enum MethodDocument {
  /// A JSON array with an object for each method.
  static func json(_ methods: [Method]) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    for (index, method) in methods.enumerated() {
      bytes += Array((index == 0 ? "\n  {\"name\":" : ",\n  {\"name\":").utf8)
      JSONString.quote(method.name, into: &bytes)
      bytes += Array(",\"summary\":".utf8)
      JSONString.quote(method.summary, into: &bytes)
      bytes += Array(",\"params\":[".utf8)
      for (index, parameter) in method.allParameters.enumerated() {
        bytes += Array((index == 0 ? "{\"name\":\"" : ",{\"name\":\"").utf8)
        bytes += Array("\(parameter.name)\",\"required\":\(parameter.isRequired)".utf8)
        bytes += Array(",\"schema\":\(parameter.schema),\"summary\":".utf8)
        JSONString.quote("\(parameter.summary)", into: &bytes)
        bytes += Array("}".utf8)
      }
      let reasons = method.reasons.map { "{\"reason\":\"\($0.name)\",\"code\":\($0.code)}" }
      bytes += Array("],\"result\":\(method.resultSchema),\"errors\":[".utf8)
      bytes += Array(reasons.joined(separator: ",").utf8)
      bytes += Array("],\"example\":{\"params\":\(method.example.params),\"result\":".utf8)
      bytes += Array("\(method.example.result)}}".utf8)
    }
    bytes += Array("\n]\n".utf8)
    return bytes
  }

  /// The reference in Markdown.
  static func markdown(_ methods: [Method]) -> String {
    methods.map { method in
      var text = "### `\(method.name)`\n\n\(method.summary)\n"
      if !method.parameters.isEmpty {
        text += "\n| parameter | type | meaning |\n| --- | --- | --- |\n"
        for parameter in method.parameters {
          let type = SchemaText.type(of: "\(parameter.schema)")
            .split(separator: "|").joined(separator: "\\|")
          let required = parameter.isRequired ? "Required. " : ""
          text += "| `\(parameter.name)` | \(type) | \(required)\(parameter.summary) |\n"
        }
      }
      if !method.reasons.isEmpty {
        text += "\nErrors: \(method.reasons.map { "`\($0.name)`" }.joined(separator: ", "))\n"
      }
      return text + "\n```sh\n\(method.commandLine)\n# \(method.example.result)\n```\n"
    }.joined(separator: "\n")
  }
}
