internal import CloakroomCore
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
        .tooLarge, "the JSON is nested too deep", details: [.integer("offset", Int64(offset))],
        limit: .depth)
    case .loneSurrogate(let offset):
      self.init(
        .parseError, "half of a surrogate pair stands alone",
        details: [.integer("offset", Int64(offset))])
    case .outOfBounds:
      self.init(.tooLarge, limit: .frameSize)
    }
  }
}
