internal import NIOCore

extension StoreKey {
  /// What the name of a dead-letter stream ends with, and the name of no other stream.
  public static let deadLetterSuffix = ":dead-letters"

  /// The name of the stream that this one's dead letters are moved to.
  ///
  /// Both must lie on one shard of a cluster, which hashes what stands between a name's first `{` and
  /// the next `}`, or the whole name if that is nothing (Redis Cluster specification, "Hash tags").
  /// So the stream's own hash tag is kept if it has one, and else its whole name becomes the tag. A
  /// name that has a `}` and no hash tag can't be made one: those streams work everywhere but on a
  /// cluster, which refuses to move their dead letters.
  ///
  /// No caller can give another stream that name: none but this begins with `{`, and streams whose
  /// own name ends with the suffix are not made.
  public var deadLetters: StoreKey {
    var name = ByteBuffer()
    if bytes.readableBytesView.contains(UInt8(ascii: "}")) {
      name.writeImmutableBuffer(bytes)
    } else {
      name.writeStaticString("{")
      name.writeImmutableBuffer(bytes)
      name.writeStaticString("}")
    }
    name.writeString(Self.deadLetterSuffix)
    return StoreKey(bytes: name)
  }

  /// The stream whose dead letters a name asks for; nil when it ends otherwise.
  public var deadLettersOwner: StoreKey? {
    let suffix = Self.deadLetterSuffix.utf8
    guard bytes.readableBytesView.suffix(suffix.count).elementsEqual(suffix) else { return nil }
    return bytes.getSlice(at: bytes.readerIndex, length: bytes.readableBytes - suffix.count)
      .map { StoreKey(bytes: $0) }
  }
}
