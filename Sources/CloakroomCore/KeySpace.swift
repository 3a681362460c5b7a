public import NIOCore

/// The parts of the store that each kind of value has for itself.
public enum Namespace: String, CaseIterable, Sendable {
  // `index` counts on this order being that of `allCases`.
  /// Plain values (`kv.*`, `batch.*`).
  case kv
  /// Counters (`counter.*`).
  case counter
  /// Claims (`claim.*`).
  case claim
  /// Event channels (`events.*`).
  case events
  /// Streams (`streams.*`).
  case streams
  /// Pending operations (`pending.*`).
  case pending
  /// Flows and sessions (`flow.*`, `session.*`).
  case session
  /// Caches (`cache.*`).
  case cache
  /// Idempotency records (`idempotency.*`, and `idempotencyKey`).
  case idempotency
  /// Rate limits (`ratelimit.*`).
  case ratelimit
  /// Revoked tokens (`jwt.*`).
  case jwt
}

extension Namespace {
  /// Whether it holds what callers have stored under keys of their own, and not what the sidecar
  /// remembers for itself.
  public var isListed: Bool {
    switch self {
    case .kv, .counter, .claim, .events, .streams, .pending, .session, .cache, .ratelimit, .jwt:
      true
    case .idempotency: false
    }
  }

  /// The namespace's place in `allCases`.
  var index: Int {
    switch self {
    case .kv: 0
    case .counter: 1
    case .claim: 2
    case .events: 3
    case .streams: 4
    case .pending: 5
    case .session: 6
    case .cache: 7
    case .idempotency: 8
    case .ratelimit: 9
    case .jwt: 10
    }
  }
}

/// One step of a scope: what it is of, and which one.
public struct ScopeStep: Sendable, Equatable {
  /// What the scope is of, as `organization`.
  public let key: String
  /// Which one, as `org_123`.
  public let id: String

  /// Names one step of a scope.
  public init(key: String, id: String) {
    self.key = key
    self.id = id
  }

  /// Whether two steps have the same bytes, and so the same names in the store.
  public static func == (left: Self, right: Self) -> Bool {
    ByteString(left.key) == ByteString(right.key) && ByteString(left.id) == ByteString(right.id)
  }
}

/// Makes the names of values in the store, for one service:
/// `<prefix>:<service>[:<scope key>:<scope id>…]:<namespace>:<key>`.
///
/// No caller can spell another's name: a service's name has no colon, a scope's id has its colons
/// encoded, and a scope's key is never a namespace's name, so that the first namespace in a name is
/// where the scope ends.
public final class KeySpace: Sendable {
  /// How many steps a scope has at most.
  public static let scopeDepth = 8
  /// How long a scope's key or id is at most, in bytes.
  public static let scopePartBytes = 256

  private let root: ByteBuffer
  /// What the names of a service's cache tags begin with. They have one hash tag, as they are raised together;
  /// no caller can spell them: no service has a `$` in its name.
  private let tagRoot: ByteBuffer
  /// The same with what follows where there is no scope.
  private let unscopedTags: ByteBuffer
  /// What names without a scope begin with, one namespace's behind the other's by their indices. In one
  /// array of bytes: an array of buffers counts references to the one that is looked at.
  private let unscoped: ContiguousArray<UInt8>
  /// Where each namespace's ends in it.
  private let ends: ContiguousArray<Int>

  /// The names of one service.
  ///
  /// - Parameters:
  ///   - prefix: what every name begins with, without its last colon.
  ///   - service: the service's name, which has no colon.
  public init(prefix: String, service: String) {
    root = ByteBuffer(string: "\(prefix):\(service):")
    tagRoot = ByteBuffer(string: "\(prefix):$tags:{\(service)}:")
    unscopedTags = ByteBuffer(string: "\(prefix):$tags:{\(service)}:\(Namespace.cache.rawValue):")
    var unscoped: ContiguousArray<UInt8> = []
    ends = ContiguousArray(
      Namespace.allCases.map {
        unscoped.append(contentsOf: "\(prefix):\(service):\($0.rawValue):".utf8)
        return unscoped.count
      })
    self.unscoped = unscoped
  }

  private init(copying other: KeySpace) {
    root = ByteBuffer(bytes: other.root.readableBytesView)
    tagRoot = ByteBuffer(bytes: other.tagRoot.readableBytesView)
    unscopedTags = ByteBuffer(bytes: other.unscopedTags.readableBytesView)
    unscoped = ContiguousArray(other.unscoped.map { $0 })
    ends = ContiguousArray(other.ends.map { $0 })
  }

  /// The same names in memory of their own, for another event loop.
  func copy() -> KeySpace { KeySpace(copying: self) }

  /// Writes a name.
  ///
  /// - Parameters:
  ///   - key: the caller's own key, which may be any bytes.
  /// - Throws: SCOPE_INVALID when the scope is too deep, or a step of it is empty, too long or not
  ///   allowed.
  public func write(
    _ namespace: Namespace, scope: [ScopeStep], key: RawSpan,
    into buffer: inout ByteBuffer
  ) throws(RPCError) {
    if scope.isEmpty {
      let index = namespace.index
      let start = index == 0 ? 0 : ends[index - 1]
      let unscoped = unscoped
      let head = unscoped.span.bytes.extracting(start..<ends[index])
      buffer.write(atMost: head.byteCount + key.byteCount) {
        $0.write(head)
        $0.write(key)
      }
    } else {
      try write(namespace, scope: scope, into: &buffer)
      buffer.writeBytes(key)
    }
  }

  /// Writes all of a name but the key.
  private func write(
    _ namespace: Namespace, scope: [ScopeStep], into buffer: inout ByteBuffer
  ) throws(RPCError) {
    try writeHead(scope: scope, into: &buffer)
    buffer.writeString(namespace.rawValue)
    buffer.writeInteger(UInt8(ascii: ":"))
  }

  /// Writes what the names of all values of a scope begin with, and those of no other service. Those of
  /// deeper scopes begin with it too: they have no namespace behind it.
  ///
  /// - Throws: SCOPE_INVALID as `write` does.
  public func writeHead(
    scope: [ScopeStep], into buffer: inout ByteBuffer
  ) throws(RPCError) {
    try Self.check(scope)
    buffer.writeImmutableBuffer(root)
    for step in scope {
      Self.writeEncoded(step.key, into: &buffer)
      Self.writeEncoded(step.id, into: &buffer)
    }
  }

  /// Writes what the names of the cache tags of a scope begin with, and those of no other scope.
  ///
  /// - Parameter scope: has been checked.
  public func writeTagHead(scope: [ScopeStep], into buffer: inout ByteBuffer) {
    guard !scope.isEmpty else {
      buffer.writeImmutableBuffer(unscopedTags)
      return
    }
    buffer.writeImmutableBuffer(tagRoot)
    for step in scope {
      Self.writeEncoded(step.key, into: &buffer)
      Self.writeEncoded(step.id, into: &buffer)
    }
    buffer.writeString(Namespace.cache.rawValue)
    buffer.writeInteger(UInt8(ascii: ":"))
  }

  /// The name of the number that all tags of the service are counted by: a tag without a name.
  public func writeTagCounter(into buffer: inout ByteBuffer) {
    writeTagHead(scope: [], into: &buffer)
  }

  /// Checks a scope, for calls that name no value too.
  ///
  /// - Throws: SCOPE_INVALID when the scope is too deep, or a step of it is empty, too long or not
  ///   allowed.
  public static func check(_ scope: [ScopeStep]) throws(RPCError) {
    guard scope.count <= scopeDepth else {
      throw RPCError(.scopeInvalid, "a scope has at most \(scopeDepth) steps")
    }
    for step in scope { try check(step) }
  }

  private static func check(_ step: ScopeStep) throws(RPCError) {
    guard !step.key.isEmpty, !step.id.isEmpty else {
      throw RPCError(.scopeInvalid, "a scope's key and id are not empty")
    }
    guard step.key.utf8.count <= scopePartBytes, step.id.utf8.count <= scopePartBytes else {
      throw RPCError(.scopeInvalid, "a scope's key and id have at most \(scopePartBytes) bytes")
    }
    guard Namespace(rawValue: step.key) == nil else {
      throw RPCError(.scopeInvalid, "a scope's key can't be the name of a namespace")
    }
  }

  /// Percent-encodes what has a meaning in names: colon, percent, braces and control characters.
  private static func writeEncoded(_ text: String, into buffer: inout ByteBuffer) {
    for byte in text.utf8 {
      switch byte {
      case 0..<0x20, 0x7F, UInt8(ascii: ":"), UInt8(ascii: "%"), UInt8(ascii: "{"),
        UInt8(ascii: "}"):
        PercentEncoding.write(byte, into: &buffer)
      default:
        buffer.writeInteger(byte)
      }
    }
    buffer.writeInteger(UInt8(ascii: ":"))
  }
}
