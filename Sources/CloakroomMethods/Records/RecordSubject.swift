/// What a record was about when something happened to it by itself, for whoever counts and logs that.
public struct RecordSubject: Sendable, Equatable {
  /// The name of the flow that a session goes through.
  public let flow: String?
  /// The step that it was at.
  public let step: String?

  /// Describes a record.
  public init(flow: String?, step: String?) {
    self.flow = flow
    self.step = step
  }
}
