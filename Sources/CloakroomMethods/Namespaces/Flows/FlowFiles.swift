public import CloakroomCore
internal import CloakroomWire
internal import NIOCore
internal import Synchronization

/// A flow that is defined by a file of the configuration: `{"name": …, …definition}`.
public struct FlowFile: Sendable {
  let flow: Flow

  /// The flow's name.
  public var name: String { flow.name }
  /// The names of its steps, in their order.
  public var steps: [String] { flow.steps.map(\.id) }

  /// Compiles a file.
  ///
  /// - Parameters:
  ///   - text: what is in the file.
  ///   - stem: the file's name without `.json`, which is the flow's where the file doesn't say.
  ///   - defaultTTL: how long a session lives where the file doesn't say.
  /// - Throws: what is wrong, as `flow.define` would; `details.pointer` is the place in the file.
  public init(_ text: [UInt8], stem: String, defaultTTL: TimeToLive) throws(RPCError) {
    let root = try FlowNode(ByteBuffer(bytes: text))
    var name = stem
    var definition = ByteBuffer()
    for (member, value) in try root.members {
      if member == "name" {
        name = try value.string(longest: PlainName.longest)
      } else {
        definition.writeStaticString(definition.readableBytes == 0 ? "{" : ",")
        definition.writeJSONString(member)
        definition.writeStaticString(":")
        definition.writeImmutableBuffer(value.line)
      }
    }
    definition.writeStaticString(definition.readableBytes == 0 ? "{}" : "}")
    flow = try Flow(name: name, definition, defaultTTL: defaultTTL)
  }
}

/// The flows that files of the configuration define, for every service at its root. All loops share it.
public final class FlowFiles: Sendable {
  private let flows = Mutex<[ByteString: Flow]>([:])

  /// No flows yet.
  public init() {}

  /// Has these be the flows from now on.
  public func replace(with files: [FlowFile]) {
    let flows = Dictionary(
      files.map { (ByteString($0.name), $0.flow) }, uniquingKeysWith: { first, _ in first })
    self.flows.withLock { $0 = flows }
  }

  /// The flow of a name; nil when no file defines one.
  func flow(_ name: String) -> Flow? { flows.withLock { $0[ByteString(name)] } }

  /// All of them, by their names.
  var all: [Flow] { flows.withLock { $0.values.sorted { $0.name < $1.name } } }
}
