internal import CloakroomCore
internal import CloakroomSchema
internal import NIOCore

/// Compiles the parts of a flow's definition.
struct FlowReader {
  /// What a definition may have in it.
  static let members = ["steps", "schema", "idleTtl", "absoluteTtl", "bind", "sensitive"]
  /// What a step may have in it.
  static let stepMembers = ["id", "title", "schema", "requires", "dependsOn", "when"]
  /// How many pointers a list has at most.
  static let mostPointers = 64
  /// How long a title is at most, in bytes.
  private static let longestTitle = 256

  /// What the schemas that are still to come may have; all of a flow's have as much together as one alone.
  private var limits = SchemaLimits()

  /// Compiles a schema where there is one.
  mutating func schema(_ node: FlowNode?) throws(RPCError) -> JSONSchema? {
    guard let node else { return nil }
    do throws(SchemaFault) {
      let schema = try JSONSchema(node.bytes.readableBytesSpan, limits: limits)
      limits.subschemas -= schema.subschemaCount
      limits.patternStates -= schema.patternStates
      limits.compiledBytes -= schema.memoryBytes
      return schema
    } catch {
      switch error {
      case .refused(let place, let message), .unreadable(let place, let message):
        throw node.fault(message, at: place)
      case .exceeds(let limit):
        throw node.fault(
          "the flow's schemas exceed a limit with this one (\(limit.rawValue))", .tooLarge)
      }
    }
  }

  /// Compiles the steps, and how they require each other.
  mutating func steps(_ list: FlowNode) throws(RPCError) -> ([Flow.Step], FlowOrder) {
    let nodes = try list.elements(atMost: Flow.mostSteps)
    guard !nodes.isEmpty else { throw list.fault("a flow has at least one step") }
    var indices: [ByteString: Int] = [:]
    var parts: [[String: FlowNode]] = []
    for (index, node) in nodes.enumerated() {
      let members = try node.members(of: Self.stepMembers)
      guard let id = members["id"] else { throw node.fault("id is missing") }
      let name = try id.string(longest: PlainName.longest)
      guard PlainName.accepts(name) else {
        throw id.fault("must be \(PlainName.rule)")
      }
      guard indices.updateValue(index, forKey: ByteString(name)) == nil else {
        throw id.fault("another step has that id")
      }
      parts.append(members)
    }
    var steps: [Flow.Step] = []
    for (index, members) in parts.enumerated() {
      steps.append(
        Flow.Step(
          id: try members["id"]?.string(longest: PlainName.longest) ?? "",
          title: try members["title"]?.string(longest: Self.longestTitle),
          schema: try schema(members["schema"]),
          requires: try requirements(members["requires"], of: index, indices),
          dependsOn: try pointers(members["dependsOn"]),
          when: try schema(members["when"])))
    }
    return (steps, try FlowOrder(steps, parts.map { $0["requires"] }, nodes))
  }

  private func requirements(
    _ node: FlowNode?, of step: Int, _ indices: [ByteString: Int]
  ) throws(RPCError) -> [Int] {
    guard let node else { return step == 0 ? [] : [step - 1] }
    var requirements: [Int] = []
    for element in try node.elements(atMost: Flow.mostSteps) {
      let name = try element.string(longest: PlainName.longest)
      guard let index = indices[ByteString(name)] else {
        throw element.fault("no step has that id")
      }
      guard !requirements.contains(index) else { throw element.fault("the step comes twice") }
      requirements.append(index)
    }
    return requirements
  }

  private func pointers(_ node: FlowNode?) throws(RPCError) -> [JSONPointer] {
    guard let node else { return [] }
    var pointers: [JSONPointer] = []
    for element in try node.elements(atMost: Self.mostPointers) {
      pointers.append(try element.jsonPointer)
    }
    return pointers
  }
}
