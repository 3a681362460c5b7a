import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

extension StoreHarness {
  /// Writes a text that has to be written.
  func put(
    _ key: StoreKey, _ text: String, _ expiry: Expiry,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let reply = await perform(.set(key, value: ByteBuffer(string: text), expiry, .none))
    #expect(reply == .done, sourceLocation: sourceLocation)
  }

  /// Expects a text, or nothing, under a key.
  func expect(
    _ text: String?, under key: StoreKey, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let reply = await perform(.get(key))
    #expect(reply == .text(text), sourceLocation: sourceLocation)
  }

  /// Expects a value to live so many milliseconds from now on, or for ever (nil), give or take what
  /// the store's own clock may have moved.
  func expectLife(
    _ milliseconds: Int64?, of key: StoreKey, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    guard case .entry(_, let rest) = await perform(.getWithMeta(key)) else {
      Issue.record("there is no value", sourceLocation: sourceLocation)
      return
    }
    guard let milliseconds, let rest else {
      #expect(rest == milliseconds, sourceLocation: sourceLocation)
      return
    }
    #expect(
      (milliseconds - slackMs...milliseconds).contains(rest), sourceLocation: sourceLocation)
  }
}

extension StoreHarness {
  /// Takes a step that carries its parts.
  func step<Step: StoreStep>(_ step: Step) async -> Result<Step.Reply, RPCError> {
    await perform(.step(step)).result(of: Step.self)
  }
}

extension Result where Failure == RPCError {
  /// Why the step failed; nil when it didn't.
  var reason: Reason? {
    guard case .failure(let error) = self else { return nil }
    return error.reason
  }
}

extension Result where Success == Done, Failure == RPCError {
  /// The step was done.
  static var done: Self { .success(Done()) }
}

extension Result where Success == Bool, Failure == RPCError {
  /// Yes or no.
  static func boolean(_ answer: Bool) -> Self { .success(answer) }
}

extension StoreReply {
  /// What a step came to.
  func result<Step: StoreStep>(of step: Step.Type) -> Result<Step.Reply, RPCError> {
    Result { () throws(RPCError) in try get(step) }
  }

  /// The reply that hands over a text, or nothing.
  static func text(_ text: String?) -> StoreReply { .value(text.map { ByteBuffer(string: $0) }) }

  /// Why the command failed; nil when it didn't.
  var reason: Reason? {
    guard case .failure(let error) = self else { return nil }
    return error.reason
  }

  /// The store's own name for what it refused; nil when it gave none.
  var refusalCode: String? {
    guard case .failure(let error) = self else { return nil }
    for detail in error.details where detail.name == "code" {
      if case .text(let code) = detail.value { return code }
    }
    return nil
  }
}

extension Expiry {
  /// A life of a number of milliseconds; ten years when there can't be such a life.
  static func ms(_ milliseconds: Int64) -> Expiry { .after(.ms(milliseconds)) }

  /// What is left, or else a life of a number of milliseconds.
  static func keep(orMs milliseconds: Int64) -> Expiry { .keep(otherwise: .ms(milliseconds)) }
}

extension TimeToLive {
  /// A life of a number of milliseconds; ten years when there can't be such a life.
  static func ms(_ milliseconds: Int64) -> TimeToLive {
    (try? TimeToLive(milliseconds: milliseconds)) ?? .longest
  }
}
