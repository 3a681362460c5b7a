internal import CloakroomCore
internal import CloakroomStore
internal import Synchronization

/// Limits that the store has just refused, and will refuse for a while: a caller who asks again and again costs
/// the store nothing.
///
/// Sound, as nothing but time and a reset gives anything back: what was refused until a moment is refused before
/// it too, for the same cost. A reset in this sidecar makes all loops forget; one elsewhere is seen within a
/// second.
///
/// Each event loop has its own; the lock is there for the compiler and is never waited for.
final class RateRefusals: Sendable {
  /// How many are kept.
  private static let countLimit = 4096
  /// How long one is kept at most, in nanoseconds: a second.
  private static let longest: UInt64 = 1_000_000_000
  /// What is not worth keeping, in nanoseconds: as long as it takes to ask a few times.
  private static let shortest: UInt64 = 5_000_000
  /// How often anything was reset in this process.
  private static let resets = Atomic<UInt64>(0)

  /// When the store is asked. What it answers counts from then on.
  struct Question: Sendable {
    fileprivate let at: UInt64
    fileprivate let resets: UInt64
  }

  private struct Refusal {
    let standing: RateStanding
    /// When it came, in nanoseconds.
    let at: UInt64
    /// Until when it holds for certain.
    let until: UInt64
  }

  private struct Contents {
    var refusals: [RateDemand: Refusal] = [:]
    var resets: UInt64 = 0
  }

  private let contents = Mutex(Contents())

  /// Nothing was refused yet.
  init() {}

  /// The beginning of a call that asks the store.
  static func question(at now: UInt64) -> Question {
    Question(at: now, resets: resets.load(ordering: .acquiring))
  }

  /// How a limit stands by now that the store has refused; nil where the store is to be asked.
  func standing(of demand: RateDemand, at now: UInt64) -> RateStanding? {
    contents.withLock { contents in
      guard !contents.refusals.isEmpty else { return nil }
      guard contents.resets == Self.resets.load(ordering: .acquiring) else {
        contents.refusals = [:]
        return nil
      }
      guard let refusal = contents.refusals[demand] else { return nil }
      guard now < refusal.until else {
        contents.refusals[demand] = nil
        return nil
      }
      return refusal.standing.later(by: now &- min(refusal.at, now))
    }
  }

  /// Remembers what the store has refused.
  ///
  /// - Parameter question: when it was asked: the store has answered later, so that what it said counts from
  ///   then on at the latest.
  func remember(
    _ demand: RateDemand, _ standing: RateStanding, since question: Question, at now: UInt64
  ) {
    let wait = standing.wait.microseconds.multipliedReportingOverflow(by: 1000)
    let nanoseconds = wait.overflow ? Self.longest : UInt64(clamping: wait.partialValue)
    guard nanoseconds >= Self.shortest else { return }
    let until = question.at &+ min(nanoseconds, Self.longest)
    contents.withLock { contents in
      if contents.resets != question.resets {
        guard contents.resets < question.resets else { return }
        contents = Contents(resets: question.resets)
      }
      if contents.refusals.count >= Self.countLimit {
        // To forget them costs a question to the store, and to look for those that are over would cost more.
        contents.refusals.removeAll(keepingCapacity: true)
      }
      contents.refusals[demand] = Refusal(standing: standing, at: now, until: until)
    }
  }

  /// Makes all loops forget.
  static func forget() { resets.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}
