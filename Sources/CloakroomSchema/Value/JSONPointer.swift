/// Writes JSON Pointers, RFC 6901.
enum JSONPointer {
  /// One step into a value.
  enum Step {
    case member(JSONText)
    case element(Int)

    /// The step as a token of a pointer, escaped, without its slash.
    var token: String {
      switch self {
      case .member(let name): JSONPointer.escape(name.string)
      case .element(let index): String(index)
      }
    }
  }

  /// A name as a token of a pointer: `~` is `~0`, `/` is `~1`.
  static func escape(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return name
    }
    var token = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(scalar)
      }
    }
    return token
  }

  /// The pointer to the end of a path, or as far along it as fits into a number of bytes.
  static func pointer(along path: [Step], bytes limit: Int) -> String {
    var pointer = ""
    for step in path {
      let token = step.token
      guard pointer.utf8.count + 1 + token.utf8.count <= limit else { break }
      pointer += "/" + token
    }
    return pointer
  }
}
