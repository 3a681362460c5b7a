/// The name of a key's file, which says what the key may be used for: `NAME.jwk` is active,
/// `NAME.verify-only.jwk` and `NAME.retired.jwk` are what they say. A PEM file, which can't say its
/// algorithm itself, may have it there: `NAME.PS256.pem`, `NAME.PS256.verify-only.pem`.
///
/// So a key changes its state by one rename(2), and its secret is never written a second time.
struct KeyFileName: Equatable {
  /// The form of the file.
  enum Form: String {
    case jwk, pem
  }

  /// What comes first: the key's name, unless the key has one itself.
  let stem: String
  /// The algorithm that is named; always nil for a JWK.
  let algorithm: KeyAlgorithm?
  let state: KeyState
  let form: Form

  init(stem: String, algorithm: KeyAlgorithm? = nil, state: KeyState = .active, form: Form = .jwk) {
    self.stem = stem
    self.algorithm = algorithm
    self.state = state
    self.form = form
  }

  /// Reads a file's name; nil for a file that is no key's.
  init?(_ name: String) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
    guard parts.count >= 2, let form = parts.popLast().flatMap({ Form(rawValue: String($0)) })
    else { return nil }
    var state = KeyState.active
    if parts.count >= 2, let named = parts.last.flatMap({ KeyState(rawValue: String($0)) }) {
      state = named
      parts.removeLast()
    }
    var algorithm: KeyAlgorithm?
    if form == .pem, parts.count >= 2,
      let named = parts.last.flatMap({ KeyAlgorithm(rawValue: String($0)) })
    {
      algorithm = named
      parts.removeLast()
    }
    let stem = parts.joined(separator: ".")
    // A name that begins with a dot is a file that is being written.
    guard !stem.isEmpty, stem.first != "." else { return nil }
    self.init(stem: stem, algorithm: algorithm, state: state, form: form)
  }

  /// The name as it is written.
  var text: String {
    let parts: [String?] = [
      stem, algorithm?.rawValue, state == .active ? nil : state.rawValue, form.rawValue,
    ]
    return parts.compactMap { $0 }.joined(separator: ".")
  }

  /// The name that the file has when its key is in another state.
  func with(_ state: KeyState) -> KeyFileName {
    KeyFileName(stem: stem, algorithm: algorithm, state: state, form: form)
  }
}
