import CloakroomClient
import CloakroomCore
import CloakroomWire
import Glibc

/// The PARAMS argument, to be checked and brought onto one line.
struct ParamsArgument {
  private let argument: String?
  private let method: String

  init(_ argument: String?, for method: String) {
    self.argument = argument
    self.method = method
  }

  /// The parameters' JSON without line breaks; nil when there are none.
  ///
  /// - Throws: what is wrong with them, and where. Nothing of them is in it.
  func bytes(_ surroundings: Surroundings) throws(Exchange.Failure) -> [UInt8]? {
    guard let argument else { return nil }
    var bytes = Array(argument.utf8)
    var source = "PARAMS"
    if argument == "-" || argument.hasPrefix("@") {
      let path = argument == "-" ? "-" : String(argument.dropFirst())
      source = path == "-" ? "standard input" : path
      guard let read = surroundings.read(path) else {
        throw failure(.noInput, "\(source) can't be read: \(SystemError.text(errno))")
      }
      bytes = read
    }
    let kind: JSONKind
    do throws(JSONFault) {
      kind = try JSONScanner.validate(
        bytes.span.bytes, depthLimit: JSONScanner.greatestDepthLimit)
    } catch {
      throw failure(.usage, "\(source): \(Self.text(error))\(hint)")
    }
    guard kind == .object || kind == .array else {
      throw failure(.usage, "\(source): has to be a JSON object or array\(hint)")
    }
    // In valid JSON a raw line break stands between tokens only, where a space means the same.
    return bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
  }

  private var hint: String {
    MethodGuess.example(of: method).map { "\n" + $0 } ?? ""
  }

  private func failure(_ status: ExitStatus, _ text: String) -> Exchange.Failure {
    Exchange.Failure(.failure(status, text))
  }

  private static func text(_ fault: JSONFault) -> String {
    switch fault {
    case .syntax(let offset): "not valid JSON at byte \(offset)"
    case .invalidUTF8(let offset): "not valid UTF-8 at byte \(offset)"
    case .tooDeep(let offset): "nested too deep at byte \(offset)"
    case .loneSurrogate(let offset): "half of a surrogate pair stands alone at byte \(offset)"
    case .outOfBounds: "too long"
    }
  }
}
