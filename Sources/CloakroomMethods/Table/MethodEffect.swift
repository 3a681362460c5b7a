/// What becomes of a call that is made again because its answer was lost: what a client may do then.
public enum MethodEffect: String, Sendable, CaseIterable {
  /// It changes nothing: repeat it freely.
  case read
  /// Done again, it leaves the same: repeat it.
  case set
  /// A receipt that its caller made has it answered alike: repeat it with the same one.
  case receipt
  /// It makes a token, and one that nobody got ends by itself: repeat it.
  case token
  /// Done again, it is done twice: repeat it only with the `idempotencyKey` that it had from the first time on.
  case step
  /// What it does lasts as long as its connection: never repeat it.
  case connection
}
