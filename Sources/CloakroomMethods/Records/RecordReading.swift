internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A look at a record that is decided as a reading call on it is.
///
/// It ends with the look as long as nothing is to be written or noticed, and no more is needed than the
/// record; else it begins anew as the call.
protocol RecordReading: RecordLook {
  associatedtype Kind: RecordKind

  /// What is asked of the record; it changes nothing but what has happened by itself.
  var event: Kind.Event { get }
  /// Writes the result of an outcome.
  ///
  /// - Returns: false where there is more to do than to write.
  func write(_ outcome: Kind.Outcome, to result: inout ByteBuffer) throws(RPCError) -> Bool
  /// Writes the result that takes the place of a failure of the store.
  ///
  /// - Throws: the failure that does.
  func write(insteadOf error: RPCError, to result: inout ByteBuffer) throws(RPCError)
}

extension RecordReading {
  var beside: StoreCommand? { nil }

  func write(insteadOf error: RPCError, to result: inout ByteBuffer) throws(RPCError) {
    throw error
  }

  func verdict(
    _ record: StoreReply, beside other: StoreReply?, writingTo result: inout ByteBuffer
  ) -> RecordVerdict {
    do throws(RPCError) {
      switch record {
      case .record(let bytes, let now):
        // As the call that it is it has its share of the threads for such work.
        guard bytes?.readableBytes ?? 0 < ComputePool.copiedBytes else { return .open(opening) }
        return try isAll(bytes, at: now, &result) ? .answer : .open(opening)
      case .failure(let error) where !error.isWrongType:
        try write(insteadOf: error, to: &result)
        return .answer
      default:
        return .open(opening)
      }
    } catch {
      return .refused(error)
    }
  }

  private func isAll(
    _ bytes: ByteBuffer?, at now: Int64, _ result: inout ByteBuffer
  ) throws(RPCError) -> Bool {
    let record = try bytes.map { bytes throws(RPCError) in try Kind(reading: bytes) }
    let transition = Kind.decide(record, event, at: now)
    guard transition.need == nil, transition.change == nil, transition.noticed == nil else {
      return false
    }
    return try write(transition.outcome, to: &result)
  }
}
