import CloakroomCore
import NIOCore

@testable import CloakroomMethods

extension Flow {
  /// Compiles a definition from a string.
  convenience init(_ definition: String, name: String = "wizard") throws(RPCError) {
    try self.init(name: name, ByteBuffer(string: definition), defaultTTL: .day)
  }

  /// Compiles a flow of steps, each written as JSON.
  convenience init(steps: String...) throws(RPCError) {
    try self.init(#"{"steps":[\#(steps.joined(separator: ","))]}"#)
  }
}

extension RPCError {
  /// A fact of the details that is a text.
  func text(_ name: String) -> String? {
    for detail in details where detail.name == name {
      if case .text(let text) = detail.value { return text }
    }
    return nil
  }

  /// A fact of each object of a list in the details.
  func texts(_ list: String, _ name: String) -> [String] {
    for detail in details where detail.name == list {
      guard case .list(let entries) = detail.value else { continue }
      return entries.compactMap { RPCError(.internal, details: $0).text(name) }
    }
    return []
  }
}
