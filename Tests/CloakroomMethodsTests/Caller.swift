import CloakroomCore
import CloakroomStore
import CloakroomWire
import NIOCore
import Support

@testable import CloakroomMethods
@testable import CloakroomTokens

/// Takes calls as far as their steps of the store, the way that a loop does.
struct Caller {
  /// What beginning a call led to.
  struct Begun {
    /// The steps for the store, as text; of a question about the sidecar, its name.
    var steps: [String]
    var notes: CallNotes
    var replyContext: ReplyContext
    var deadlineMs: Int64?
    var idempotency: IdempotencyRecord?
  }

  let table = MethodTable.standard
  var configuration = Configuration(socket: .init(path: "/s"))
  var prefix = "igniter:store"
  var service = "api"
  var keepsNotes = false

  /// A caller under the standard configuration, but that every method may be called.
  init() { configuration.dev.scan = true }

  /// A caller under another configuration.
  init(_ configure: (inout Configuration) -> Void) {
    self.init()
    configure(&configuration)
  }

  /// Begins a call whose `params` are a JSON text; nil leaves them out.
  func begin(_ method: String, _ params: String?) throws(RPCError) -> Begun {
    let params = params.map { ",\"params\":\($0)" } ?? ""
    return try begin(request: "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\"\(params)}")
  }

  func begin(request: String) throws(RPCError) -> Begun {
    var arguments = Arguments(
      settings: try settings(), depthLimit: configuration.limits.depth)
    arguments.notes = CallNotes(isKept: keepsNotes)
    return try begin(request: request, &arguments)
  }

  /// The key that the reference's example of a token was signed with.
  private static let exampleKey =
    #"{"kty":"oct","kid":"example","alg":"HS256","#
    + #""k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}"#

  /// What holds for all calls, with the reference's key.
  func settings() throws(RPCError) -> Settings {
    do throws(KeyFault) {
      let key = try TokenKey(
        jwk: Array(Self.exampleKey.utf8).span.bytes, name: "example", state: .active)
      let tokens = TokenService(try KeyRing([key]), options: configuration.tokens)
      return Settings(configuration, tokens: tokens)
    } catch {
      throw RPCError(.internal)
    }
  }

  /// Begins a call with arguments that have been used before.
  func begin(request: String, _ arguments: inout Arguments) throws(RPCError) -> Begun {
    // Not at the buffer's beginning, as requests are that follow others.
    var text = ByteBuffer(string: "\n" + request)
    text.moveReaderIndex(forwardBy: 1)
    do throws(JSONFault) {
      try arguments.scanner.scan(text.readableBytesSpan)
    } catch {
      throw RPCError(.parseError)
    }
    guard arguments.scanner.isValidRequest, let name = arguments.scanner.method else {
      throw RPCError(.invalidRequest)
    }
    let found = table.index(
      of: name, hasEscapes: arguments.scanner.methodHasEscapes, in: text.readableBytesSpan)
    guard let found else { throw RPCError(.methodNotFound) }
    let admission = try admission()
    let identity = admission.identity(of: Peer(uid: 1, gid: 1, pid: 1))
    let permit = try admission.admit(identity, method: found, now: 0)
    try arguments.begin(table.methods[found], request: text, permit: permit)
    defer { arguments.end() }
    let steps: [String]
    switch table.methods[found].work {
    case .primitive(let begin, _):
      steps = [Self.describe(arguments.idempotent(try begin(&arguments)))]
    case .many(let begin, _):
      steps = arguments.idempotent(try begin(&arguments)).map(Self.describe)
    case .procedure(let open):
      switch arguments.idempotent(try open(&arguments)) {
      case .ask(let command, _, _, _): steps = [Self.describe(command)]
      case .record(let call, _): steps = [Self.describe(call)]
      case .records(let calls, let commands, _):
        steps = calls.map(Self.describe) + commands.map(Self.describe)
      case .look(let look): steps = ["read \(Self.text(look.name))"]
      case .step(let step): steps = ["only " + Self.describe(step.command)]
      case .run: steps = ["a procedure"]
      case .answer(let result, _):
        ResultSchemas.check(result.readableBytesView, of: table.names[found])
        steps = ["answer of \(result.readableBytes) bytes"]
      }
    case .repeated(let begin):
      steps = [Self.describe(arguments.idempotent(try begin(&arguments).command))]
    case .subscription(let request): steps = [Self.describe(try request(&arguments))]
    case .system(let ask): steps = [Self.describe(try ask(&arguments))]
    }
    return Begun(
      steps: steps, notes: arguments.notes, replyContext: arguments.replyContext,
      deadlineMs: arguments.deadlineMs, idempotency: arguments.idempotency)
  }

  /// The reason for which a call is refused, and its message; nil when it isn't.
  func refusal(_ method: String, _ params: String?) -> RPCError? {
    do throws(RPCError) {
      _ = try begin(method, params)
      return nil
    } catch {
      return error
    }
  }

  private func admission() throws(RPCError) -> Admission {
    guard
      let service = ServicePolicy(
        name: service, members: .init(everyone: true), methods: [Glob("*")]),
      let policy = Policy(services: [service])
    else { throw RPCError(.internal) }
    return Admission(
      policy: policy, prefix: prefix, methods: table.names, labels: [self.service])
  }

  private static func describe(_ command: StoreCommand) -> String {
    switch command {
    case .get(let key): "get \(text(key))"
    case .getWithMeta(let key): "getWithMeta \(text(key))"
    case .set(let key, let value, let expiry, let condition):
      "set \(text(key)) \(String(buffer: value)) \(describe(expiry)) \(describe(condition))"
    case .exists(let key): "exists \(text(key))"
    case .remove(let key): "remove \(text(key))"
    case .expire(let key, let expiry): "expire \(text(key)) \(describe(expiry))"
    case .take(let key): "take \(text(key))"
    case .getMany(let keys): "getMany \(keys.map(text).joined(separator: " "))"
    case .add(let key, let by, let bounds, let expiry):
      "add \(text(key)) \(by) \(bounds.lowerBound)...\(bounds.upperBound) \(describe(expiry))"
    case .takeRate(let demand): "take " + describe(demand)
    case .step(let step): describe(step)
    case .read(let key): "read \(text(key))"
    case .commit(let key, _): "commit \(text(key))"
    case .publish(let name, let message): "publish \(text(name)) \(String(buffer: message))"
    case .ping: "ping"
    case .nothing: "nothing"
    case .recall(let idempotency): "recall \(text(idempotency.name))#\(idempotency.step)"
    case .idempotent(let idempotency, let command):
      "idempotent \(text(idempotency.name))#\(idempotency.step) \(describe(command))"
    }
  }

  /// A call on a record, with the header of what it makes where there is none.
  private static func describe(_ call: RecordCall) -> String {
    var allowance = WorkAllowance.whole
    let made = call.decide(nil, 0, RecordVersion(0), &allowance).replacement
    let header = made.map { String(buffer: $0).prefix { $0 != "\n" } } ?? ""
    return "record \(text(call.name)) \(header)"
  }

  private static func describe(_ request: SubscriptionRequest) -> String {
    switch request {
    case .subscribe(.name(let name), _): "subscribe \(text(name))"
    case .subscribe(.pattern(let glob), _): "subscribe to \(String(buffer: glob))"
    case .unsubscribe(let id): "unsubscribe \(id)"
    }
  }

  static func describe(_ expiry: Expiry) -> String {
    switch expiry {
    case .after(let life): "\(life.milliseconds)ms"
    case .never: "forever"
    case .keep(let life): "keep(\(life.milliseconds)ms)"
    }
  }

  private static func describe(_ condition: SetCondition) -> String {
    switch condition {
    case .none: "always"
    case .absent: "absent"
    case .present: "present"
    case .matches(let etag): "match(\(etag))"
    }
  }

  private static func describe(_ question: SystemQuestion) -> String {
    switch question {
    case .ping: "ping"
    case .hello(let service, let client): "hello \(service ?? "-") \(client ?? "-")"
    case .health: "health"
    case .metrics: "metrics"
    case .discover: "discover"
    case .cancel(let id): "cancel \(String(buffer: id))"
    }
  }

  static func text(_ key: StoreKey) -> String { String(buffer: key.bytes) }
}
