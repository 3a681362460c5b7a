internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// What a call holds on to from its beginning to its end: its request's bytes, and what admission
/// gave it.
///
/// Not copyable, so that looking at a part of it counts no reference: one part of a structure that is
/// read while another is changed is copied otherwise.
struct HeldRequest: ~Copyable {
  /// The request's bytes; none between two calls.
  private(set) var bytes: ByteBuffer
  /// What admission gave the call; nil between two calls.
  private(set) var permit: Permit?
  /// The empty buffer that `bytes` is between two calls, while it is none. Moved to and fro: a copy for
  /// each call would count references to it.
  private var nothing: ByteBuffer?

  /// - Parameter nothing: an empty buffer that no other loop has.
  init(nothing: ByteBuffer) { bytes = nothing }

  /// Takes hold of a request.
  @inline(__always)
  mutating func hold(_ request: consuming ByteBuffer, _ permit: consuming Permit) {
    if nothing == nil {
      swap(&bytes, &request)
      nothing = consume request
    } else {
      bytes = consume request
    }
    self.permit = consume permit
  }

  /// Lets go of the request.
  @inline(__always)
  mutating func letGo() {
    if let nothing = nothing.take() { bytes = nothing }
    permit = nil
  }

  /// Writes the name of a value in the store.
  ///
  /// - Parameter key: where the caller's own key stands in the request.
  /// - Throws: INTERNAL between two calls; what `KeySpace.write` throws.
  @inline(__always)
  borrowing func writeName(
    _ namespace: Namespace, scope: borrowing [ScopeStep], key: ByteRange,
    into names: inout ByteBuffer
  ) throws(RPCError) {
    let text = bytes.readableBytesSpan
    guard key.end <= text.byteCount else { throw RPCError(.internal) }
    // Asked for with `?`, as a permit that `guard let` has found is copied, and its reference counted.
    let written: Void? = try permit?.keySpace.write(
      namespace, scope: scope, key: text.extracting(key.offsets), into: &names)
    guard written != nil else { throw RPCError(.internal) }
  }
}
