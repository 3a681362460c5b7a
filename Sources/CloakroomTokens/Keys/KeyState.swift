/// What a key may still be used for. It only ever goes down this list.
public enum KeyState: String, CaseIterable, Sendable, Hashable {
  /// It signs (or seals), and verifies.
  case active
  /// It verifies what it has signed, and signs nothing more.
  case verifyOnly = "verify-only"
  /// It is not used any more: what it has signed is refused.
  case retired
}
