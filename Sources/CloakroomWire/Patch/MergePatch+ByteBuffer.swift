public import NIOCore

/// Patches of buffers: apart, so that the rest can be built and measured without NIO (`Tests/Bench/costs`).
extension MergePatch {
  /// Writes what a patch makes of a value.
  ///
  /// - Parameters:
  ///   - patch: the text of a JSON value that has been scanned.
  ///   - target: likewise.
  /// - Throws: `TooManyMembers`; what was written then is a part of it.
  public static func apply(
    _ patch: RawSpan, to target: RawSpan, into result: inout ByteBuffer
  ) throws(TooManyMembers) {
    result.reserveCapacity(minimumWritableBytes: patch.byteCount + target.byteCount)
    try apply(patch, to: target, writing: &result)
    // What the patch took away is not kept as room behind the rest.
    if result.writableBytes > result.readableBytes + 4096 {
      result = ByteBuffer(bytes: result.readableBytesView)
    }
  }
}
