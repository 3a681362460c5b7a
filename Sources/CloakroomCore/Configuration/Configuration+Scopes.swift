extension Configuration {
  /// Which scopes a call may carry, and which it must.
  public struct Scopes: Sendable, Equatable {
    /// The scope keys that exist; empty means that any will do. A call with another one is
    /// refused SCOPE_INVALID.
    public var declared: [String] = []
    /// The scope keys that every call must carry, each of them declared. A call without one is
    /// refused SCOPE_REQUIRED.
    public var required: [String] = []

    /// Any scope, and none required.
    public init() {}
  }
}
