internal import CMalloc
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import ServiceLifecycle
internal import Synchronization

/// Does something again and again until the sidecar stops.
///
/// - Parameters:
///   - jitter: by how large a part of the interval it may be longer or shorter, so that many sidecars
///     don't all come at once.
///   - retry: how long after it could not be done it is tried again; nil is after the interval.
///   - body: tells whether it could be done.
private func repeatUntilShutdown(
  every interval: Duration, jitter: Double = 0, retry: Duration? = nil,
  _ body: @Sendable @escaping () async -> Bool
) async {
  await cancelWhenGracefulShutdown {
    while !Task.isCancelled {
      let isDone = await body()
      let next = isDone ? interval : min(interval, retry ?? interval)
      // It throws only when the sidecar stops, and then this is over.
      try? await Task.sleep(for: next * Double.random(in: (1 - jitter)...(1 + jitter)))
    }
  }
}

/// Writes the metrics file, and keeps the recent past for the health report.
struct MetricsService: Service {
  let status: StatusReporter
  let interval: Duration

  func run() async {
    await repeatUntilShutdown(every: interval) {
      await status.writeMetrics()
      return true
    }
  }
}

/// Looks after the store: every second while it refuses something, else now and then.
struct StoreWatchService: Service {
  private static let interval = Duration.seconds(10)
  private static let shortInterval = Duration.seconds(1)

  let status: StatusReporter

  func run() async {
    // What the store says of itself at the start, its connections have asked already.
    // It throws only when the sidecar stops, and then what follows ends at once.
    await cancelWhenGracefulShutdown { try? await Task.sleep(for: Self.interval) }
    await repeatUntilShutdown(every: Self.interval, retry: Self.shortInterval) {
      await status.watchStore()
      return !status.isAnythingRefused
    }
  }
}

/// Tells systemd that every event loop still turns.
struct WatchdogService: Service {
  let notifier: SystemdNotifier
  let workers: WorkerPool

  func run() async throws {
    guard let interval = notifier.watchdogInterval else { return try await gracefulShutdown() }
    await repeatUntilShutdown(every: interval) {
      // Asking waits for each loop in turn: a loop that hangs lets systemd's patience run out.
      guard (try? await workers.snapshot()) != nil else { return false }
      notifier.send("WATCHDOG=1")
      return true
    }
  }
}

/// Finds what has ended by itself, so that it is counted and logged though no call asks for it.
struct ExpiryService: Service {
  /// By how large a part of the interval a sweep may be later or sooner.
  static let jitter = 0.25
  /// How long after a sweep that could not ask the store the next one begins: the interval may be an
  /// hour, and a store that was not there yet when the sidecar started comes within seconds.
  private static let retry = Duration.seconds(1)

  let workers: WorkerPool
  let sweep: RecordSweep
  let interval: Duration

  func run() async throws {
    guard let sweeper = try await workers.sweeper(sweep) else {
      return try await gracefulShutdown()
    }
    await repeatUntilShutdown(every: interval, jitter: Self.jitter, retry: Self.retry) {
      await sweeper.run()
    }
  }
}

/// Gives back the memory of what has expired in the store in memory.
struct SweepService: Service {
  /// How many entries one sweep looks at, so that it holds no lock for long.
  private static let batch = 1000

  let store: MemoryStore?

  func run() async throws {
    guard let store else { return try await gracefulShutdown() }
    await repeatUntilShutdown(every: .milliseconds(250)) {
      while store.sweep(limit: Self.batch) == Self.batch { await Task.yield() }
      return true
    }
  }
}

/// Gives memory back to the system when the C library keeps much of it for what comes next.
///
/// Away from the loops: it looks through all that is kept, which takes some milliseconds.
struct MemoryReturnService: Service {
  /// From how many bytes on a piece of memory is the system's own, which has it back as soon as it is freed.
  private static let ownPiece: CInt = 1 << 20

  /// Has glibc keep to that. By itself it takes ever larger pieces from what it keeps, and buffers that grow leave holes
  /// there, a third more than clients hold. To be called before there are threads.
  static func prepare() { mallopt(M_MMAP_THRESHOLD, ownPiece) }

  func run() async {
    let ebb = Mutex(MemoryEbb())
    await repeatUntilShutdown(every: .seconds(1)) {
      guard let kept = Self.kept() else { return true }
      guard ebb.withLock({ $0.isDue(keeping: kept, at: .now) }) else { return true }
      malloc_trim(0)
      if let rest = Self.kept() { ebb.withLock { $0.gaveBack(keeping: rest) } }
      return true
    }
  }

  /// How many bytes are resident and not in use, or were never the C library's; nil where the system doesn't tell.
  private static func kept() -> Int? {
    ProcessFacts.anonymousBytes().map { resident in
      let library = mallinfo2()
      return resident - Int(clamping: library.uordblks) - Int(clamping: library.hblkhd)
    }
  }
}
