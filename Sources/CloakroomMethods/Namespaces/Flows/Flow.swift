internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomStore
internal import NIOCore

/// A flow's definition, compiled: the steps of a wizard, what each wants and when it applies.
///
/// Immutable; several threads may use one at once. `FlowProgress` says how far given data have come in it.
final class Flow: Sendable {
  /// One step of a flow.
  struct Step: Sendable {
    /// What it is called: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    let id: String
    /// What people call it.
    let title: String?
    /// What the session's whole data must fit when the step is completed; nil takes any.
    let schema: JSONSchema?
    /// The steps, by their index, that must be complete before; the step before where it isn't said.
    let requires: [Int]
    /// Where the data are that it stands on: when those change, it is open again.
    let dependsOn: [JSONPointer]
    /// What the data must fit for the step to apply; nil is always.
    let when: JSONSchema?
  }

  /// How many steps a flow has at most: a set of them is one word.
  static let mostSteps = 64
  /// How long a definition is at most, in bytes of its JSON.
  static let longest = 256 << 10

  let name: String
  /// The definition as it was handed in, in one line.
  let definition: ByteBuffer
  /// Names the definition: two that say the same have the same one, however they are written.
  let digest: String
  /// 1 to 64.
  let steps: [Step]
  /// What the whole data must fit at the end; nil takes any.
  let schema: JSONSchema?
  /// How long a session lives without being touched; nil is as long as the absolute life.
  let idleTTL: TimeToLive?
  /// How long a session lives at most.
  let absoluteTTL: TimeToLive
  /// What a session is bound to.
  let bind: FlowBinding
  /// What is never stored in clear.
  let sensitive: [SensitiveMember]
  /// Takes out what is stored sealed.
  let sealed: HiddenMembers
  /// Finds what is not taken at all.
  let refused: HiddenMembers
  /// About how much memory it takes, in bytes.
  let size: Int

  /// How the steps require each other.
  let order: FlowOrder
  private let indices: [ByteString: Int]

  /// Compiles a definition.
  ///
  /// - Parameters:
  ///   - name: the flow's name.
  ///   - definition: an object of steps, schema, idleTtl, absoluteTtl, bind and sensitive.
  ///   - defaultTTL: how long a session lives where the definition doesn't say.
  ///   - isStored: whether it was good when it was defined: a configuration that gives sessions less time since
  ///     then makes it no worse, and bounds its idle life.
  /// - Throws: INVALID_PARAMS, TTL_INVALID for a time that is none, TOO_LARGE for what exceeds a limit; each
  ///   with `details.pointer`, the place within the definition.
  init(
    name: String, _ definition: ByteBuffer, defaultTTL: TimeToLive, isStored: Bool = false
  ) throws(RPCError) {
    try Self.check(name: name)
    guard definition.readableBytes <= Self.longest else {
      throw RPCError(
        .tooLarge, "a flow's definition has at most \(Self.longest) bytes",
        details: [.text("pointer", "")])
    }
    let root = try FlowNode(definition)
    var reader = FlowReader()
    let members = try root.members(of: FlowReader.members)
    guard let list = members["steps"] else { throw root.fault("steps is missing") }
    (steps, order) = try reader.steps(list)
    schema = try reader.schema(members["schema"])
    let ownTTL = try members["absoluteTtl"]?.timeToLive
    let absoluteTTL = ownTTL ?? defaultTTL
    let idleTTL = try members["idleTtl"]?.timeToLive
    if let idleTTL, let node = members["idleTtl"], idleTTL > absoluteTTL {
      guard isStored, ownTTL == nil else {
        throw node.fault(
          ownTTL == nil
            ? "must be no longer than a session lives (session.ttl), as absoluteTtl is left out"
            : "must be no longer than absoluteTtl")
      }
    }
    self.idleTTL = idleTTL.map { min($0, absoluteTTL) }
    self.absoluteTTL = absoluteTTL
    bind = try FlowBinding(members["bind"])
    sensitive = try SensitiveMember.all(members["sensitive"])
    var canonical = ByteBuffer()
    canonical.reserveCapacity(definition.readableBytes)
    try canonical.writeCanonical(definition)
    digest = ETag.of(canonical)
    indices = Dictionary(
      steps.enumerated().map { (ByteString($1.id), $0) }, uniquingKeysWith: { first, _ in first })
    self.definition = root.line
    sealed = HiddenMembers(sensitive.filter { $0.mode == .seal }.map(\.pointer))
    refused = HiddenMembers(sensitive.filter { $0.mode == .refuse }.map(\.pointer))
    let schemas = steps.flatMap { [$0.schema, $0.when] } + [schema]
    size = schemas.reduce(1024 + self.definition.readableBytes * 2) { sum, schema in
      sum + (schema?.memoryBytes ?? 0)
    }
    self.name = name
  }

  /// The step of that name; nil when there is none.
  func index(of step: String) -> Int? { indices[ByteString(step)] }

  /// Whether it must be looked into the data to say how far a session has come.
  var looksIntoData: Bool {
    schema != nil
      || steps.contains { $0.schema != nil || $0.when != nil || !$0.dependsOn.isEmpty }
  }

  /// Checks a flow's name.
  ///
  /// - Throws: INVALID_PARAMS for anything but 1 to 64 of `A-Z a-z 0-9 . _ -`.
  static func check(name: String) throws(RPCError) {
    guard PlainName.accepts(name) else {
      throw RPCError(
        .invalidParams, "a flow's name is \(PlainName.rule)",
        details: [.text("pointer", "/name")])
    }
  }
}
