internal import CloakroomCore
internal import NIOCore

/// What is the same for all loops about the sidecar itself.
struct SystemAnswers: Sendable {
  /// The sidecar's version.
  static let version = "0.1.0"
  /// "memory" or "redis".
  let storeKind: String
}
