public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// A call that mostly ends with what it reads of one record: then it takes no task, no turn in the record's
/// queue, and one object. Where there is more to do, it begins anew as any other call.
public protocol RecordLook: AnyObject, Sendable {
  /// The record's name.
  var name: StoreKey { get }
  /// What is read beside it, in the same round trip; nil for most.
  var beside: StoreCommand? { get }
  /// What it comes to.
  ///
  /// - Parameters:
  ///   - record: the reply to a read of the record.
  ///   - other: the reply to what was read beside it.
  ///   - result: takes the result's JSON where the verdict is `answer`; anything where it is another.
  func verdict(
    _ record: StoreReply, beside other: StoreReply?, writingTo result: inout ByteBuffer
  ) -> RecordVerdict
  /// How it begins where it is no mere look.
  var opening: Opening { get }
}

/// What a look at a record comes to. What is seldom or large is apart, so that the rest is small.
public enum RecordVerdict: Sendable {
  /// The value of a cache, so old in milliseconds; a negative one says that there is nothing.
  case hit(ByteBuffer, ageMs: Int64, isNegative: Bool)
  /// The result that was written.
  case answer
  /// Why there is none.
  indirect case refused(RPCError)
  /// Another look at what was read of the record, once what that look needs beside it is read.
  case again(any RecordLook)
  /// There is more to do.
  indirect case open(Opening)
}

extension ByteBuffer {
  /// Writes the result of a look that has found something.
  ///
  /// - Throws: STORE_REFUSED when what is stored is not JSON.
  public mutating func writeHit(
    _ value: ByteBuffer, ageMs: Int64, isNegative: Bool
  ) throws(RPCError) {
    try writeStored(
      value,
      after: isNegative
        ? "{\"status\":\"negative\",\"value\":" : "{\"status\":\"hit\",\"value\":",
      before: ",\"ageMs\":")
    write(atMost: 24) {
      $0.writeDecimal(ageMs)
      $0.write("}")
    }
  }
}
