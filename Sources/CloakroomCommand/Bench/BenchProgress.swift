/// Shows on a terminal how far a measurement is; prints nothing anywhere else.
struct BenchProgress {
  let isShown: Bool

  /// Replaces what was shown.
  func show(_ text: String) {
    // CSI K erases what a longer text left of the line (ECMA-48, section 8.3.41).
    if isShown { Terminal.write(Array("\r\(text)\u{1B}[K".utf8), to: .error) }
  }

  /// Takes away what was shown.
  func clear() { show("") }
}
