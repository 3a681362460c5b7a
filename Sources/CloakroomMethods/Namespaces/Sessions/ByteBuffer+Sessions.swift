internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Results of `session.*`.
extension ByteBuffer {
  /// Writes how far a session has come, behind other members: its current step, the completed ones, and whether
  /// it can be submitted.
  mutating func writeProgress(_ scene: SessionScene) {
    let record = scene.record
    writeOptional(record.step, after: "\"currentStep\":")
    let steps = scene.steps
    writeStaticString(",\"completedSteps\":[")
    for (index, step) in steps.filter({ $0.status == .complete }).enumerated() {
      if index > 0 { writeStaticString(",") }
      writeJSONString(step.id)
    }
    writeStaticString("],\"validationStatus\":{")
    for (index, step) in steps.filter({ $0.status != .notApplicable }).enumerated() {
      if index > 0 { writeStaticString(",") }
      writeJSONString(step.id)
      writeStaticString(":")
      writeJSON(step.status == .complete)
    }
    writeStaticString("},\"canSubmit\":")
    writeJSON(scene.progress?.canSubmit ?? true)
  }

  /// Writes each step and how it stands.
  mutating func writeSteps(_ scene: SessionScene) {
    writeStaticString(",\"steps\":[")
    for (index, step) in scene.steps.enumerated() {
      if index > 0 { writeStaticString(",") }
      writeStaticString("{\"id\":")
      writeJSONString(step.id)
      if let title = step.title {
        writeStaticString(",\"title\":")
        writeJSONString(title)
      }
      writeStaticString(",\"status\":\"")
      writeString(step.status.rawValue)
      writeStaticString("\"}")
    }
    writeStaticString("]")
  }

  /// Writes which flow a session is on.
  mutating func writeFlow(_ record: SessionRecord) {
    writeOptional(record.flow?.name, after: ",\"flow\":")
    writeStaticString(",\"version\":")
    if let version = record.flow?.version {
      writeDecimal(version)
    } else {
      writeStaticString("null")
    }
  }

  /// Writes how a session stands.
  mutating func writeState(_ record: SessionRecord, after head: StaticString) {
    writeStaticString(head)
    switch record.state {
    case .leased: writeStaticString("\"checked_out\"")
    case .dead: writeStaticString("\"dead\"")
    default: writeStaticString("\"open\"")
    }
  }

  /// Writes the data's etag and the end of the session's life, behind other members.
  mutating func writeEnd(_ record: SessionRecord) {
    writeStaticString(",\"etag\":\"")
    writeString(record.content.etag)
    writeMoment(record.expiresAtMs, after: "\",\"expiresAt\":")
  }

  /// Writes what is other than when the session was made, where there is something, and closes the object.
  mutating func writeWarnings(_ scene: SessionScene) {
    if !scene.warnings.isEmpty {
      writeStaticString(",\"warnings\":[")
      for (index, warning) in scene.warnings.enumerated() {
        if index > 0 { writeStaticString(",") }
        writeStaticString("{\"bind\":\"")
        writeString(warning.rawValue)
        writeStaticString("\"}")
      }
      writeStaticString("]")
    }
    writeStaticString("}")
  }

  /// Writes a string, or null.
  mutating func writeOptional(_ text: String?, after head: StaticString) {
    writeStaticString(head)
    if let text { writeJSONString(text) } else { writeStaticString("null") }
  }
}

extension SessionScene {
  /// A step, and how it stands.
  typealias Step = (id: String, title: String?, status: FlowProgress.Status)

  /// All steps in the flow's order; without a flow, those that were completed, in that order.
  var steps: [Step] {
    guard let progress else { return record.completed.map { ($0, nil, .complete) } }
    return zip(progress.flow.steps, progress.statuses).map { ($0.id, $0.title, $1) }
  }
}
