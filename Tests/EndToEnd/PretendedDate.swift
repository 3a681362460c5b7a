internal import Glibc
internal import Support

/// The date that a sidecar sees: the machine's, and as much more or less as a test says, from one moment to the
/// next. Clocks that tell how much time has passed go on as they are.
struct PretendedDate {
  private let file: String

  /// The machine's date so far.
  ///
  /// - Parameter folder: where to keep what the sidecar reads it from.
  init(in folder: String) throws {
    file = folder + "/date"
    try jump(to: .zero)
  }

  /// What has a program see it (faketime(1), Debian's libfaketime).
  var environment: [String: String] {
    [
      // The loader puts the machine's own folder for libraries in the place of $LIB.
      "LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1", "FAKETIME_TIMESTAMP_FILE": file,
      "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
  }

  /// What a Swift program is started by: the library's first use in a process moves the environment, which Swift
  /// finds its arguments beside.
  static let wrapper = ["env"]

  /// Removes what the library shares a process' date with its children by, and would leave behind.
  static func clean(after process: Int32) {
    unlink("/dev/shm/faketime_shm_\(process)")
    unlink("/dev/shm/sem.faketime_sem_\(process)")
  }

  /// Sets it so far ahead of the machine's, or behind it.
  func jump(to ahead: Duration) throws {
    let seconds = ahead.components.seconds
    // In one step, so that nobody reads half of it.
    try TextFile.write(seconds < 0 ? "\(seconds)\n" : "+\(seconds)\n", to: file + ".new")
    rename(file + ".new", file)
  }
}
