import CloakroomCore
import Glibc

/// Makes this process another user's, for good.
enum UserSwitch {
  /// Becomes a user, with that user's groups.
  ///
  /// - Returns: why that can't be; nil when it was done.
  static func become(_ name: String) -> String? {
    guard let user = getpwnam(name)?.pointee else { return "is no user of this system" }
    guard user.pw_uid != geteuid() else { return nil }
    guard geteuid() == 0 else { return "only root can look with another user's eyes" }
    guard initgroups(name, user.pw_gid) == 0, setgid(user.pw_gid) == 0, setuid(user.pw_uid) == 0
    else { return SystemError.text(errno) }
    return nil
  }
}
