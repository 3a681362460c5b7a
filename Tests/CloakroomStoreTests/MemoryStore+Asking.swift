import CloakroomCore
import CloakroomStore
import NIOCore

extension MemoryStore {
  /// Writes a value of so many bytes.
  func put(_ key: String, bytes: Int = 8, _ expiry: Expiry) -> StoreReply {
    perform(
      .set(StoreKey(key), value: ByteBuffer(repeating: 0x61, count: bytes), expiry, .none))
  }

  /// Whether there is a value.
  func has(_ key: String) -> Bool { perform(.exists(StoreKey(key))) == .boolean(true) }
}

extension MemoryStore {
  /// Takes a step that carries its parts.
  func step<Step: StoreStep>(_ step: Step) -> Result<Step.Reply, RPCError> {
    let reply = perform(.step(step))
    return Result { () throws(RPCError) in try reply.get(Step.self) }
  }
}

extension StoreKey {
  /// The key of a text.
  init(_ text: String) { self.init(bytes: ByteBuffer(string: text)) }
}

extension StoreReply {
  /// Whether the store had no room.
  var isOutOfMemory: Bool {
    guard case .failure(let error) = self else { return false }
    return error.isOutOfMemory
  }
}

extension Result where Failure == RPCError {
  /// Whether the store had no room.
  var isOutOfMemory: Bool {
    guard case .failure(let error) = self else { return false }
    return error.isOutOfMemory
  }
}

extension RPCError {
  fileprivate var isOutOfMemory: Bool {
    reason == .storeRefused && details == [.text("code", "OOM")]
  }
}

extension Expiry {
  /// A life of a number of milliseconds; ten years when there can't be such a life.
  static func ms(_ milliseconds: Int64) -> Expiry {
    .after((try? TimeToLive(milliseconds: milliseconds)) ?? .longest)
  }
}
