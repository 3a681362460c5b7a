internal import CloakroomCore
internal import CloakroomSchema
internal import NIOCore

/// What data have to be for a change of them to be made: a JSON Schema of the caller's.
struct DataCondition: Sendable {
  private let schema: JSONSchema

  /// Compiles a condition.
  ///
  /// - Throws: INVALID_PARAMS, with the place, for what is no schema; TOO_LARGE.
  init(_ text: ByteBuffer, _ allowance: WorkAllowance) throws(RPCError) {
    schema = try allowance.compile(text) { fault in
      switch fault {
      case .refused(let pointer, let message), .unreadable(let pointer, let message):
        RPCError(
          .invalidParams, "onlyIf can't be used: \(message)", details: [.text("pointer", pointer)])
      case .exceeds(let limit):
        RPCError(.tooLarge, "onlyIf exceeds a limit (\(limit.rawValue))")
      }
    }
  }

  /// Checks that data are as they have to be.
  ///
  /// - Parameter allowance: what it may still cost; less afterwards.
  /// - Throws: CONFLICT with the violations; VALIDATION_FAILED for data that can't be looked into, TOO_LARGE.
  func check(_ data: ByteBuffer, _ allowance: inout WorkAllowance) throws(RPCError) {
    let violations = try allowance.hold { steps throws(SchemaFault) in
      try schema.validate(try JSONInstance(data.readableBytesSpan), &steps)
    }
    guard violations.isEmpty else {
      throw RPCError(
        .conflict, "the data are not as onlyIf wants them; nothing was written",
        details: RPCError(violations: violations, "").details)
    }
  }
}

extension Arguments {
  /// What data have to be for them to be changed; nil is anything.
  ///
  /// - Throws: INVALID_PARAMS, with the place, for what is no schema.
  mutating func condition(_ slot: Int) throws(RPCError) -> DataCondition? {
    has(slot) ? try DataCondition(try value(slot, "onlyIf"), allowance) : nil
  }
}

extension Parameter {
  /// What data have to be for a change of them to be made.
  static func onlyIf(_ summary: StaticString) -> Parameter {
    Parameter("onlyIf", #"{"type":["object","boolean"]}"#, summary)
  }
}
