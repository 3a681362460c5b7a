/// Why a connection to Redis was given up, or did not come about.
public enum LossCause: Int, CaseIterable, Sendable {
  /// Redis closed it, or the network did.
  case closed
  /// It could not be made, or not in time.
  case connectFailed
  /// Redis refused the greeting: user, password, database, or it is still loading.
  case greetingRefused
  /// A command was not answered in time.
  case commandTimeout
  /// What Redis sent was not RESP2, or not asked for.
  case protocolError
  /// Redis takes no writes any more (READONLY): it has become a replica.
  case readOnly
}
