import CloakroomRedis

/// The half of a harness that lives on the loop.
final class LinkPort: RedisLinkDelegate {
  private final class Batch {
    var outcomes: [LinkHarness.Outcome?]
    var missing: Int
    let completion: ([LinkHarness.Outcome]) -> Void

    init(_ count: Int, _ completion: @escaping ([LinkHarness.Outcome]) -> Void) {
      outcomes = Array(repeating: nil, count: count)
      missing = count
      self.completion = completion
    }
  }

  let link: RedisLink
  var afterFailure: LinkHarness.Command?
  private(set) var endings: [Int] = []
  /// Outcomes that nobody waited for: a second one for a command, or one for none.
  private(set) var strays = 0
  /// How often the link has told that its server takes no writes any more.
  private(set) var demotions = 0
  private var waiting: [UInt64: (batch: Batch, place: Int)] = [:]
  private var nextContext: UInt64 = 0

  init(_ link: RedisLink) {
    self.link = link
    link.start(delegate: self)
  }

  func submit(
    _ commands: [LinkHarness.Command], saying size: Int? = nil,
    _ completion: @escaping ([LinkHarness.Outcome]) -> Void
  ) {
    let batch = Batch(commands.count, completion)
    for (place, command) in commands.enumerated() {
      nextContext += 1
      waiting[nextContext] = (batch, place)
      let parts = command.parts
      link.submit(
        context: nextContext, resend: command.resend,
        payload: size ?? parts.reduce(0) { $0 + $1.utf8.count }, arguments: parts.count
      ) { writer in
        writer.write(parts: parts.count)
        for part in parts { writer.write(string: part) }
      }
    }
  }

  func connected(_ facts: RedisFacts) {}

  func received(_ answers: borrowing RedisAnswers) {
    while let context = answers.next() {
      end(context, .reply(ReplyText.describe(answers.reply)))
    }
  }

  func failed(_ failure: RedisFailure, for context: UInt64) {
    let next = afterFailure
    afterFailure = nil
    if let next { submit([next]) { _ in } }
    end(context, .failed(failure))
  }

  func finishedBurst() {}

  func becameReadOnly() { demotions += 1 }

  private func end(_ context: UInt64, _ outcome: LinkHarness.Outcome) {
    guard let (batch, place) = waiting.removeValue(forKey: context) else {
      strays += 1
      return
    }
    endings.append(place)
    batch.outcomes[place] = outcome
    batch.missing -= 1
    if batch.missing == 0 { batch.completion(batch.outcomes.compactMap(\.self)) }
  }
}
