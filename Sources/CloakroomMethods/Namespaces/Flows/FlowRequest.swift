internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What is asked of a flow's record.
enum FlowRequest: Sendable {
  /// Makes a definition current. → `.flow`
  case define(FlowDraft)
  /// → `.flow`
  case read
  /// Finds a definition that sessions may be on, whatever has become of the flow. → `.definition`
  case definition(digest: String)
  /// Takes the flow away where no session is on it, and closes it to new ones else; nil is that it isn't known
  /// how many there are. → `.flow`
  case remove(live: Int64?)
  /// A session is to live that long, in milliseconds. → `.flow`
  case raise(digest: String, lifeMs: Int64)
  /// A session may need it until then. → `.flow`
  case hold(digest: String, untilMs: Int64)
  /// Forgets what no session can be on any more. → `.flow`
  case settle
}

/// A definition that is to be current.
struct FlowDraft: Sendable {
  let name: String
  let digest: String
  let text: ByteBuffer
  /// How long its sessions live at most, in milliseconds.
  let lifeMs: Int64
  let source: FlowRecord.Source
  /// How long a record is at most, in bytes.
  let longest: Int

  /// The definition of a compiled flow.
  init(_ flow: Flow, _ source: FlowRecord.Source, longest: Int) {
    name = flow.name
    digest = flow.digest
    text = flow.definition
    lifeMs = flow.absoluteTTL.milliseconds
    self.source = source
    self.longest = longest
  }
}

/// What a request of a flow's record is answered.
enum FlowOutcome: Sendable, Equatable {
  /// The flow, as it is from now on.
  case flow(FlowRecord)
  case definition(FlowRecord.Definition)
  /// It was not done.
  case refused(RPCError)
}

extension RPCError {
  /// No flow has that name here.
  static let noFlow = RPCError(.notFound, "there is no flow of that name")
  /// What a session is on isn't kept any more, which must not be.
  static let definitionGone = RPCError(
    .storeRefused, "the flow's definition that the session began with is gone",
    details: [.text("code", "NODEFINITION")])
  /// The record has no room for one more.
  static func tooManyDefinitions(bytes: Int) -> RPCError {
    RPCError(
      .tooLarge,
      "the flow has more definitions that sessions may still be on than are kept: at most \(FlowRecord.mostDefinitions), and \(bytes) bytes together (limits.recordBytes)"
    )
  }
}
