/// Which definition of a flow a session is on.
struct FlowMark: Sendable, Hashable {
  let name: String
  let version: Int64
  /// The definition's digest.
  let digest: String
  /// How many steps of the session's scope the flow's own scope has.
  let depth: Int
}
