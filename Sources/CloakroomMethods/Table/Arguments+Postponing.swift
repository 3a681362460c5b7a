public import CloakroomCore
public import NIOCore

/// Calls whose beginning takes too long for the event loop that they came to.
extension Arguments {
  /// Takes on the parameters of a call, as `begin(_:request:permit:)`.
  ///
  /// - Parameters:
  ///   - range: where the request is in the text.
  ///   - postponed: the call, where reading them takes too long.
  @inline(__always)
  public mutating func begin(
    _ method: Method, request: consuming ByteBuffer, permit: consuming Permit, _ range: Range<Int>,
    postponing postponed: inout PostponedCall?
  ) throws(RPCError) {
    hold(request, permit)
    do throws(RPCError) {
      try take(method)
    } catch {
      postponed = postpone(method, range, error)
      end()
      throw error
    }
  }

  /// Begins a call whose parameters were taken on.
  ///
  /// - Parameters:
  ///   - range: where the request is in its text.
  ///   - postponed: the call, where beginning it takes too long.
  @inline(__always)
  public mutating func trying<Beginning>(
    _ method: Method, _ range: Range<Int>,
    _ begin: (inout Arguments) throws(RPCError) -> Beginning,
    postponing postponed: inout PostponedCall?
  ) throws(RPCError) -> Beginning {
    do throws(RPCError) {
      return try begin(&self)
    } catch {
      postponed = postpone(method, range, error)
      throw error
    }
  }

  /// The call, if it is to be begun elsewhere.
  private mutating func postpone(
    _ method: Method, _ range: Range<Int>, _ error: RPCError
  ) -> PostponedCall? {
    guard error == .tooMuchForLoop, let permit,
      let text = held.bytes.getSlice(
        at: held.bytes.readerIndex + range.lowerBound, length: range.count)
    else { return nil }
    return PostponedCall(
      text, permit, method, settings: settings, depthLimit: scanner.depthLimit)
  }
}
