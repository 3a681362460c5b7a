public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// One row of the method table: what a method is called, takes, answers and does.
///
/// Validation, `rpc.discover`, the reference, completion and metric labels all come from
/// here; a method that has no row does not exist.
public final class Method: Sendable {
  /// Begins a primitive: from the parameters to one step of the store.
  public typealias Begin =
    @Sendable (_ arguments: inout Arguments) throws(RPCError) -> StoreCommand
  /// Ends a primitive: from the store's reply to the result's JSON.
  public typealias End =
    @Sendable (_ reply: StoreReply, _ context: ReplyContext, _ result: inout ByteBuffer)
    throws(RPCError) ->
    Void
  /// Begins a call of several independent steps.
  public typealias BeginMany =
    @Sendable (_ arguments: inout Arguments) throws(RPCError) -> [StoreCommand]
  /// Ends a call of several independent steps; the replies are in the order of the steps.
  public typealias EndMany =
    @Sendable (_ replies: [StoreReply], _ context: ReplyContext, _ result: inout ByteBuffer)
    throws(RPCError)
    -> Void
  /// Begins a call that may take several steps, or wait.
  public typealias Open =
    @Sendable (_ arguments: inout Arguments) throws(RPCError) -> Opening
  /// Begins a call that takes a step until that comes to something.
  public typealias Repeat =
    @Sendable (_ arguments: inout Arguments) throws(RPCError) -> any RepeatedStep
  /// Begins or ends a subscription of the connection.
  public typealias Subscribe =
    @Sendable (_ arguments: inout Arguments) throws(RPCError) -> SubscriptionRequest
  /// Answers at once, or after asking the sidecar about itself.
  public typealias Ask =
    @Sendable (_ arguments: inout Arguments) throws(RPCError) -> SystemQuestion

  /// Whether it may need the store. What is asked of the sidecar itself needs none.
  var needsStore: Bool {
    switch work {
    case .system, .subscription: false
    case .primitive, .many, .procedure, .repeated: true
    }
  }

  /// What a method does.
  public enum Work: Sendable {
    /// One step of the store: no task, and nothing allocated.
    case primitive(begin: Begin, end: End)
    /// Many steps of the store, each with its own outcome.
    case many(begin: BeginMany, end: EndMany)
    /// Several steps one after the other, or a wait.
    case procedure(Open)
    /// One step that is taken until it comes to something.
    case repeated(Repeat)
    /// A beginning or an end of a subscription of the connection.
    case subscription(Subscribe)
    /// A question about the sidecar itself.
    case system(Ask)
  }

  /// What becomes of a call that is made again because its answer was lost: what a client may do then.
  public enum Effect: String, Sendable, CaseIterable {
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

  /// What a call that succeeds is counted as, beside being a call.
  public enum Count: Sendable {
    case publishedEvent
  }

  /// The name that callers use, as `kv.get`.
  public let name: String
  /// The same name, for comparing it with bytes.
  let staticName: StaticString
  /// One sentence on what it does.
  public let summary: String
  /// Its own parameters, in the order in which an array gives them.
  public let parameters: [Parameter]
  /// Its own parameters, and those that every method takes.
  public let allParameters: [Parameter]
  /// The names of all of these, for comparing them with a caller's. None is longer than a short name is.
  let shortNames: ContiguousArray<ShortName>
  /// Those of its own parameters that have to be given, one bit each, the first one lowest.
  let required: UInt32
  /// The JSON Schema of its result.
  public let resultSchema: StaticString
  /// The reasons, beside those that every method can fail with, that it can fail with.
  public let reasons: [Reason]
  /// An example of `params`, and of the result they get.
  public let example: (params: StaticString, result: StaticString)
  /// Whether its result is all that is left of a value: such a one is not thrown away for its length.
  public let givesOnlyCopy: Bool
  /// Whether what it does lasts as long as its connection. Another connection could not be told that it
  /// was done, so that the call takes no `idempotencyKey`.
  public var endsWithConnection: Bool { effect == .connection }
  /// What becomes of a call that is made again because its answer was lost.
  public let effect: Effect
  /// The same for a call that gives one of these parameters, other than as null or false.
  public let effectWith: [String: Effect]
  /// What a call that succeeds is counted as, beside being a call.
  public let counts: Count?
  /// What it does.
  public let work: Work

  /// Whether a call of it can be begun on another thread than its connection's.
  var beginsAnywhere: Bool {
    switch work {
    case .primitive, .procedure: true
    case .many, .repeated, .subscription, .system: false
    }
  }

  /// The part of the name before the dot.
  public var namespace: Substring { name.prefix { $0 != "." } }

  init(
    _ name: StaticString, _ summary: String, _ parameters: [Parameter], result: StaticString,
    reasons: [Reason] = [], effect: Effect, effectWith: [String: Effect] = [:],
    example: (params: StaticString, result: StaticString),
    givesOnlyCopy: Bool = false, counts: Count? = nil,
    _ work: Work
  ) {
    self.name = "\(name)"
    staticName = name
    self.summary = summary
    self.parameters = parameters
    allParameters = parameters + Parameter.common
    shortNames = ContiguousArray(allParameters.map { ShortName($0.name) })
    required = parameters.indices.reduce(0) { mask, slot in
      parameters[slot].isRequired ? mask | 1 &<< UInt32(truncatingIfNeeded: slot) : mask
    }
    resultSchema = result
    self.reasons = reasons
    self.effect = effect
    self.effectWith = effectWith
    self.example = example
    self.givesOnlyCopy = givesOnlyCopy
    self.counts = counts
    self.work = work
  }

  private init(copying other: Method) {
    name = other.name
    staticName = other.staticName
    summary = other.summary
    parameters = other.parameters.map { $0 }
    allParameters = other.allParameters.map { $0 }
    shortNames = ContiguousArray(other.shortNames.map { $0 })
    required = other.required
    resultSchema = other.resultSchema
    reasons = other.reasons
    effect = other.effect
    effectWith = other.effectWith
    example = other.example
    givesOnlyCopy = other.givesOnlyCopy
    counts = other.counts
    work = other.work
  }

  /// The same row in memory of its own, for another event loop.
  func copy() -> Method { Method(copying: self) }
}

extension Method.Work {
  /// A primitive whose step carries its parts.
  ///
  /// - Parameters:
  ///   - begin: from the parameters to the step.
  ///   - end: from the step's own reply to the result's JSON; a failure never comes to it.
  static func step<Step: StoreStep>(
    begin: @escaping @Sendable (_ arguments: inout Arguments) throws(RPCError) -> Step,
    end:
      @escaping @Sendable (_ reply: Step.Reply, _ result: inout ByteBuffer) throws(RPCError) -> Void
  ) -> Method.Work {
    .primitive(
      begin: { arguments throws(RPCError) in .step(try begin(&arguments)) },
      end: { reply, _, result throws(RPCError) in try end(reply.get(Step.self), &result) })
  }
}

/// What a method wants to know about the sidecar itself; the assembly answers it.
public enum SystemQuestion: Sendable {
  /// `system.ping`
  case ping
  /// `system.hello`: to act for a service from now on, under a client's name.
  case hello(service: String?, client: String?)
  /// `system.health`
  case health
  /// `system.metrics`
  case metrics
  /// `rpc.discover`
  case discover
  /// `system.cancel`: to end the call of the connection that has this id, in JSON.
  case cancel(id: ByteBuffer)
}
