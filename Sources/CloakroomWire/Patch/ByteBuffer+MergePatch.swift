public import NIOCore

extension MergePatch {
  /// Writes what a patch makes of a value.
  ///
  /// - Parameters:
  ///   - patch: the text of a JSON value that has been scanned.
  ///   - target: likewise.
  public static func apply(
    _ patch: RawSpan, to target: RawSpan, into result: inout ByteBuffer
  ) {
    result.reserveCapacity(minimumWritableBytes: patch.byteCount + target.byteCount)
    apply(patch, to: target, writing: &result)
    // What the patch took away is not kept as room behind the rest.
    if result.writableBytes > result.readableBytes + 4096 {
      result = ByteBuffer(bytes: result.readableBytesView)
    }
  }
}
