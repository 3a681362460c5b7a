internal import CloakroomCore
internal import CloakroomObservability
internal import CloakroomWire

extension RPCError {
  /// What a text that is not JSON means to its sender.
  init(_ fault: JSONFault) {
    switch fault {
    case .syntax(let offset):
      self.init(.parseError, details: [.integer("offset", Int64(offset))])
    case .invalidUTF8(let offset):
      self.init(
        .parseError, "the text is not valid UTF-8", details: [.integer("offset", Int64(offset))])
    case .tooDeep(let offset):
      self.init(
        .tooLarge, "the JSON is nested too deep", details: [.integer("offset", Int64(offset))])
    case .loneSurrogate(let offset):
      self.init(
        .parseError, "half of a surrogate pair stands alone",
        details: [.integer("offset", Int64(offset))])
    case .outOfBounds:
      self.init(.tooLarge)
    }
  }
}

extension JSONFault {
  /// The limit that was hit, if it was one.
  var limit: Limit? {
    switch self {
    case .tooDeep: .depth
    case .outOfBounds: .frameSize
    case .syntax, .invalidUTF8, .loneSurrogate: nil
    }
  }
}
