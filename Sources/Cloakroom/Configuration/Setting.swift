internal import CloakroomCore
internal import Configuration

/// One thing that an operator can set: what it is called everywhere, what it takes, and where in a
/// configuration it goes.
struct Setting: Sendable {
  /// Its path in the configuration file, as in `limits.frameBytes`, and its name for `--set`.
  let key: String
  /// Its own flag without dashes; nil when `--set` is its only one.
  let flag: String?
  /// The environment variable that other programs call it by.
  let conventional: String?
  /// Whether its value may be, or hold, a password or a key: it is told to nobody.
  let isSecret: Bool
  /// What a value has to be.
  let takes: String
  /// What it means, in one sentence.
  let summary: String
  /// Reads a value and puts it in its place.
  let apply: @Sendable (ConfigContent, inout ConfigurationDraft) throws(SettingComplaint) -> Void
  /// What is in its place, as it could be written; nil when that stands for nothing.
  let show: @Sendable (ConfigurationDraft) -> String?

  /// A setting that goes to one place of a draft.
  init<Value>(
    _ key: String, _ place: any WritableKeyPath<ConfigurationDraft, Value> & Sendable,
    _ syntax: SettingSyntax<Value>, flag: String? = nil, conventional: String? = nil,
    isSecret: Bool = false, _ summary: String
  ) {
    self.key = key
    self.flag = flag
    self.conventional = conventional
    self.isSecret = isSecret
    self.takes = syntax.takes
    self.summary = summary
    self.apply = { content, draft throws(SettingComplaint) in
      draft[keyPath: place] = try syntax.read(content)
    }
    self.show = { syntax.show($0[keyPath: place]) }
  }

  /// The sidecar's own environment variable: as the flag, or else as the path in the file, in
  /// capitals behind `CLOAKROOM_`.
  var variable: String {
    var name = "CLOAKROOM_"
    var afterSmall = false
    for character in flag ?? key {
      if character.isUppercase, afterSmall { name.append("_") }
      name.append(character == "-" || character == "." ? "_" : character.uppercased())
      afterSmall = character.isLowercase
    }
    return name
  }
}
