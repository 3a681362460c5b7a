public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// A call that takes a step of the store again and again until that comes to something: at once, where a long way is
/// gone in short steps, or when somebody has told that there may be something, where it may wait for that.
///
/// It takes no task, and little memory while it waits. Only a step that comes to something has an effect,
/// and an answer to be kept (`StoreReply.isAnswer`).
public protocol RepeatedStep: Sendable {
  /// The step. It keeps no answer by itself.
  var command: StoreCommand { get }
  /// How it waits; nil for one that does not.
  var wait: RepeatedStepWait? { get }
  /// Whether it reads values of any size, so that a pace says how many of them it reads at a time.
  var isPaced: Bool { get }
  /// Whether others follow for sure that are one with it: the next call of its connection begins after the last,
  /// or when it waits.
  var holdsCalls: Bool { get }
  /// Whether it has something to answer already: then that is what it comes to when it can't go on.
  var hasResult: Bool { get }
  /// The same step, that reads so many values; for one that is paced.
  func reading(atMost count: Int) -> any RepeatedStep
  /// Writes the result's JSON, if there is one.
  ///
  /// - Throws: why there is none, and won't be.
  func end(
    _ reply: borrowing StoreReply, writingTo result: inout ByteBuffer
  ) throws(RPCError) -> RepeatedStepOutcome
  /// Writes the result's JSON of a call whose wait was in vain, or that ends with what it has.
  func endInVain(writingTo result: inout ByteBuffer)
}

extension RepeatedStep {
  /// Its replies are bounded by itself.
  public var isPaced: Bool { false }
  /// It has nothing before it is over.
  public var hasResult: Bool { false }
  /// What others of its connection do meanwhile is nothing to it.
  public var holdsCalls: Bool { false }
  /// It has no pace.
  public func reading(atMost count: Int) -> any RepeatedStep { self }
}

/// What a step that is taken again and again has come to.
public enum RepeatedStepOutcome: Sendable {
  /// The result was written.
  case done
  /// To nothing: the way goes on with this one.
  case next(any RepeatedStep)
  /// To nothing, and there is nothing to be had at the moment.
  case nothing
}

/// How a call waits for its step to come to something. Of the calls of an event loop that wait in one queue, only the
/// first takes its step: when it is told to, when it comes to be the first, and when it has not been
/// told anything for so long.
public struct RepeatedStepWait: Sendable {
  /// What is published under when there may be something.
  public let name: StoreKey
  /// Where it waits.
  public let queue: WaiterQueue
  /// How long it waits at most.
  public let time: Duration
  /// How long the first is not told anything before it takes its step untold.
  public let longestSilence: Duration

  /// Describes a wait.
  public init(on name: StoreKey, in queue: WaiterQueue, time: Duration, longestSilence: Duration) {
    self.name = name
    self.queue = queue
    self.time = time
    self.longestSilence = longestSilence
  }
}
