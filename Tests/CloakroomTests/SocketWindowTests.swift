import CloakroomCore
import Glibc
import Synchronization
import Testing

@testable import Cloakroom

@Suite("The socket's mode while it is being made", .timeLimit(.minutes(1)))
struct SocketWindowTests {
  /// What a path's permission bits have been, as seen by a thread that looks all the time.
  private final class Watch: Sendable {
    private let seen = Mutex<Set<mode_t>>([])
    private let isOver = Atomic<Bool>(false)
    private let looks = Atomic<Int>(0)

    var modes: Set<mode_t> { seen.withLock { $0 } }

    func run(_ path: String) {
      while !isOver.load(ordering: .relaxed) {
        var status = stat()
        if lstat(path, &status) == 0 {
          let mode = status.st_mode & 0o7777
          seen.withLock { _ = $0.insert(mode) }
        }
        looks.wrappingAdd(1, ordering: .relaxed)
      }
    }

    /// Lets the other thread begin to look.
    func awaitFirstLook() { while looks.load(ordering: .relaxed) == 0 { sched_yield() } }

    func end() { isOver.store(true, ordering: .relaxed) }
  }

  @Test("lets nobody in before it is as configured", arguments: [0o660, 0o600, 0o666] as [UInt32])
  func window(mode: UInt32) async throws {
    var name = Array("/tmp/cloakroom-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    let folder = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer { rmdir(folder) }
    let path = folder + "/c.sock"
    let socket = Configuration.Socket(path: path, mode: mode, groupID: getegid())
    let watch = Watch()
    async let watching: Void = watch.run(path)
    watch.awaitFirstLook()
    // Each time there is a moment in which it could be seen with another mode.
    for _ in 0..<500 {
      let listening = try ListeningSocket.bind(socket)
      close(listening.descriptor)
      listening.remove()
    }
    watch.end()
    await watching
    #expect(watch.modes.isSubset(of: [0, mode_t(mode)]), "\(watch.modes)")
  }
}
