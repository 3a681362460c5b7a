internal import CloakroomCore
internal import NIOCore

/// What an exchange tells a loop.
///
/// A token stands for a loop's interest in one topic; it is never used twice, so that nothing that
/// is still on its way is taken for news of a later interest in the same topic.
enum BusEvent: Sendable {
  /// All messages of the topic come from now on; told again after an outage.
  case opened(UInt64)
  /// The topic can't be had, and the interest has ended.
  case refused(UInt64, RPCError)
  /// A message of these topics. Its bytes are the same in memory for all who hear it.
  case message([UInt64], ByteBuffer, on: ByteBuffer)
  /// Messages of the topic were dropped.
  case overflowed(UInt64)
  /// Nothing arrives any more until topics are opened again.
  case suspended
  /// The topic could not be opened.
  case down(RPCError)
  /// Topics are about to be opened again.
  case restored
  /// From the loop to itself: a subscription has joined others of its topic.
  case joined(id: UInt64, UInt64)
  /// From the loop to itself: a subscription was refused.
  case rejected(id: UInt64, RPCError)
}
