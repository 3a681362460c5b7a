internal import CloakroomCore
internal import NIOCore
internal import NIOPosix

extension Error {
  /// Why a connection did not come about, as the system says it.
  var forPeople: String {
    switch self {
    case let error as IOError:
      SystemError.text(error.errnoCode)
    case let error as NIOConnectionError:
      error.connectionErrors.first?.error.forPeople ?? "\(error.host) has no address"
    default:
      "\(self)"
    }
  }
}
