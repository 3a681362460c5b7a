public import CloakroomCore
public import CloakroomRedis

/// One atomic step of the store, in one type that has all there is to it: what it does in memory, what
/// Redis gets for it and how its reply is read, and what those between the store and a caller ask of it.
///
/// For all that is not called hundreds of thousands of times a second; what is, is a case of
/// `StoreCommand`. A step stands in `StoreSteps.all`, and is named nowhere else but where it is taken.
/// Both stores do it with the same results; the contract suite says so.
///
/// The protocol is public as `StoreCommand` is; the steps themselves are `package`: what they are made of
/// is for nobody else.
public protocol StoreStep: Sendable {
  /// What it comes to where it is not refused.
  associatedtype Reply: Sendable, Equatable

  /// How Redis does it, and with that whether it changes anything.
  static var redis: RedisForm { get }
  /// The names that it touches in Redis. A script has one at least, and all of them on one shard.
  var keys: [StoreKey] { get }
  /// What Redis gets behind the names.
  var arguments: [RedisArgument] { get }
  /// Reads Redis' reply, which is no error; nil when it is none that the step can have.
  ///
  /// - Throws: what the step is refused with.
  static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Reply?

  /// Does it in memory, on any thread.
  ///
  /// - Throws: what the step is refused with; nothing was done then.
  func perform(in store: MemoryStore) throws(RPCError) -> Reply

  /// As many short steps, about, keep a store busy as long.
  var weight: Int { get }

  /// Whether a reply is the one to be given again to a call that is repeated. A step that is to be taken
  /// again until it comes to something has no answer before that; its script then returns `true` behind
  /// its reply.
  static func isAnswer(_ reply: Reply) -> Bool
  /// Whether a step that changes things has changed something when it replies so.
  static func hasEffect(_ reply: Reply) -> Bool
  /// The memory that a reply's own bytes take, beside the reply itself.
  static func byteCount(of reply: Reply) -> Int
}

extension StoreStep {
  /// Whether it changes what is stored.
  static var isMutation: Bool { redis.resend != .read }

  /// It is a short one, and a script keeps Redis busy for longer than a command, unless it says otherwise.
  public var weight: Int { Self.redis.script == nil ? 1 : 2 }
  /// Redis gets nothing behind the names, unless the step says otherwise.
  public var arguments: [RedisArgument] { [] }
  /// Every reply is an answer, unless the step says otherwise.
  public static func isAnswer(_ reply: Reply) -> Bool { true }
  /// Every reply tells of an effect, unless the step says otherwise.
  public static func hasEffect(_ reply: Reply) -> Bool { true }
  /// A reply has no bytes of its own, unless the step says otherwise.
  public static func byteCount(of reply: Reply) -> Int { 0 }

  /// Whether the step changes what is stored.
  var isMutation: Bool { Self.isMutation }

  /// Does the step in memory.
  func reply(in store: MemoryStore) -> StoreReply {
    do throws(RPCError) {
      return .step(StepReply(try perform(in: store), to: Self.self))
    } catch {
      return .failure(error)
    }
  }

  /// What Redis' reply, which is no error, comes to.
  static func storeReply(_ reply: borrowing RESPReply) -> StoreReply {
    do throws(RPCError) {
      guard let reply = try read(reply) else {
        return .failure(RPCError(.internal, "Redis answered something else than was asked for"))
      }
      return .step(StepReply(reply, to: Self.self))
    } catch {
      return .failure(error)
    }
  }
}

/// The reply of a step that is done, and has nothing more to say.
public struct Done: Sendable, Equatable {
  /// It was done.
  public init() {}
}
