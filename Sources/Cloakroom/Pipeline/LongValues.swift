internal import BasicContainers
internal import CloakroomStore
internal import NIOCore
internal import Synchronization

/// Which values were long when they were last written or read, by their names: what is asked for is known to be long
/// before the store has answered.
///
/// A hint, for all loops: of names that share a place the last one is remembered, and one of some two hundred thousand
/// that share it is taken for another.
final class LongValues: Sendable {
  /// A value's name, as it is remembered here.
  struct Name {
    /// No name.
    static let none = Name(digest: 0)

    fileprivate let digest: UInt32
    /// Whether it is one.
    var isSome: Bool { digest != 0 }
  }

  /// What is no longer is of no interest, in bytes.
  static let shortBytes = PeerShare.shortBytes
  /// For so many there is a place: 64 KiB.
  private static let count = 1 << 14
  /// So many bits of a place say how long the value is: the exponent of a power of two that it is not longer than.
  private static let exponentBits: UInt32 = 5

  private let places: UniqueArray<Atomic<UInt32>>
  private let used = Atomic<Bool>(false)

  /// Whether there was a long value at all.
  var isUsed: Bool { used.load(ordering: .relaxed) }

  init() {
    var places = UniqueArray<Atomic<UInt32>>(minimumCapacity: Self.count)
    for _ in 0..<Self.count { places.append(Atomic(0)) }
    self.places = places
  }

  /// What a name is remembered as: nobody outside can choose names that share a place, as each run has its own hash.
  func name(of key: StoreKey) -> Name {
    Name(digest: max(UInt32(truncatingIfNeeded: key.hashValue), 1))
  }

  /// The one value that a command reads.
  func value(of command: StoreCommand) -> Name {
    switch command {
    case .get(let key), .getWithMeta(let key), .take(let key): name(of: key)
    case .idempotent(_, let command): value(of: command)
    default: .none
    }
  }

  /// Sees what a command writes.
  func saw(_ command: StoreCommand) {
    switch command {
    case .set(let key, let value, _, _): saw(key, bytes: value.readableBytes)
    case .commit(let key, let commit): saw(key, bytes: commit.replacement?.readableBytes ?? 0)
    case .idempotent(_, let command): saw(command)
    default: break
    }
  }

  /// About how long the value is that a name has, in bytes; 0 when it is short, or nothing is known of it.
  func length(of name: Name) -> Int {
    guard isUsed else { return 0 }
    let place = places[Self.index(of: name)].load(ordering: .relaxed)
    guard place != 0, Self.tag(of: place) == Self.tag(of: name.digest) else { return 0 }
    return 1 << Int(place & (1 << Self.exponentBits - 1))
  }

  /// How long the longest value is of these names, in bytes.
  func longest(of keys: [StoreKey]) -> Int {
    keys.reduce(0) { max($0, length(of: name(of: $1))) }
  }

  /// A value has been written or read, or there was none.
  ///
  /// - Parameter bytes: how long it is.
  func saw(_ name: Name, bytes: Int) {
    let index = Self.index(of: name)
    guard bytes > Self.shortBytes else {
      if length(of: name) > 0 { places[index].store(0, ordering: .relaxed) }
      return
    }
    let exponent = UInt32(Int.bitWidth - (bytes - 1).leadingZeroBitCount)
    places[index].store(
      Self.tag(of: name.digest) | min(exponent, 1 << Self.exponentBits - 1), ordering: .relaxed)
    if !isUsed { used.store(true, ordering: .relaxed) }
  }

  /// The same, of a name that is not known here yet.
  func saw(_ key: StoreKey, bytes: Int) {
    if isUsed || bytes > Self.shortBytes { saw(name(of: key), bytes: bytes) }
  }

  /// The same, of what many names have.
  func saw(_ values: [ByteBuffer?], of keys: [StoreKey]) {
    for (key, value) in zip(keys, values) { saw(key, bytes: value?.readableBytes ?? 0) }
  }

  private static func index(of name: Name) -> Int { Int(name.digest) & (count - 1) }

  private static func tag(of digest: UInt32) -> UInt32 { digest & ~(1 << exponentBits - 1) }
}
