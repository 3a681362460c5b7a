internal import Glibc

/// The system's own words for its error numbers.
public enum SystemError {
  /// The text of an error number; thread-safe in glibc 2.32 and later (strerror(3)).
  public static func text(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
  }
}
