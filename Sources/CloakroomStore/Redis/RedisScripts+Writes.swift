/// What keeps a script from being refused half way: Redis holds each command of a script against its
/// user's rights (ACL) by itself, and takes back nothing of what the script has written before.
///
/// So all reading comes before the first write, and a right that only a later write needs is asked for
/// before the first. That costs Redis about as much as a command, so nothing is asked for that the
/// writes won't need, nor for the first of them: when that is refused, nothing has been written. For
/// lack of memory, on a replica, and the like, Redis refuses a script's first write only.
extension RedisScripts {
  /// Ends the script unless its user may run a command.
  ///
  /// - Parameter command: its name and its arguments as Lua has them; no values, which would be copied.
  static func need(_ command: String) -> String {
    """
    if not redis.acl_check_cmd(\(command)) then
      error({err = 'NOPERM the user may not run all commands of this step; nothing was done'})
    end
    """
  }
}
