extension Configuration {
  /// Flows that files define.
  public struct Flows: Sendable, Equatable {
    /// The folder whose `*.json` each define a flow; nil is none.
    public var folder: String?

    /// No flows.
    public init() {}
  }
}
