internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomWire

extension RPCError {
  /// Why it can't be told whether data are as a schema wants them.
  init(unreadable fault: SchemaFault) {
    switch fault {
    case .refused(let pointer, let message), .unreadable(let pointer, let message):
      let violation = SchemaViolation(
        instanceLocation: pointer, keywordLocation: "", message: message)
      self.init(violations: [violation], "the data can't be looked into: \(message)")
    case .exceeds(let limit):
      self.init(.tooLarge, "looking into the data exceeds a limit (\(limit.rawValue))")
    }
  }

  /// Why data can't be patched: it can be told in several ways what is in them.
  init(unreadable fault: AmbiguousJSON) {
    guard fault.fault != .tooManyValues else {
      self.init(.tooLarge, "the data \(fault.fault.text)")
      return
    }
    let violation = SchemaViolation(
      instanceLocation: fault.pointer, keywordLocation: "", message: fault.fault.text)
    self.init(violations: [violation], "the data can't be looked into: it \(fault.fault.text)")
  }

  /// In what data are not as a schema wants them.
  init(violations: [SchemaViolation], _ message: String, _ more: [Detail] = []) {
    self.init(
      .validationFailed, message,
      details: [
        .list(
          "violations",
          violations.map { violation in
            [
              .text("pointer", violation.instanceLocation),
              .text("keyword", violation.keywordLocation),
              .text("message", violation.message),
            ]
          })
      ] + more)
  }
}
