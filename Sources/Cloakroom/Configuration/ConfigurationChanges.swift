internal import CloakroomCore

/// Which settings two configurations differ in.
enum ConfigurationChanges {
  /// The settings' keys, in the order of their table. Neither the policy nor what is in the folders that
  /// settings name is among them.
  static func keys(from old: Configuration, to new: Configuration) -> [String] {
    let (before, after) = (draft(old), draft(new))
    var keys = Setting.table.filter { $0.show(before) != $0.show(after) }.map(\.key)
    // What a draft has elsewhere, or not as it was written.
    let rest: [(key: String, isChanged: Bool)] = [
      ("socket.path", old.socket.path != new.socket.path),
      ("socket.group", old.socket.groupID != new.socket.groupID),
      ("store", old.store != new.store),
      ("accessLog.hashKey", old.accessLog.hashKey != new.accessLog.hashKey),
      ("pending.presets", old.pending.presets != new.pending.presets),
      ("ratelimit.policies", old.ratelimit.policies != new.ratelimit.policies),
    ]
    keys += rest.filter { $0.isChanged && !keys.contains($0.key) }.map(\.key)
    return keys
  }

  private static func draft(_ configuration: Configuration) -> ConfigurationDraft {
    var draft = ConfigurationDraft(processors: 1)
    draft.configuration = configuration
    return draft
  }
}
