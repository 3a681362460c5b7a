internal import CloakroomStore
internal import ServiceLifecycle

/// Does something again and again until the sidecar stops.
private func repeatUntilShutdown(
  every interval: Duration, _ body: @Sendable @escaping () async -> Void
) async {
  await cancelWhenGracefulShutdown {
    while !Task.isCancelled {
      await body()
      try? await Task.sleep(for: interval)
    }
  }
}

/// Writes the metrics file, and keeps the recent past for the health report.
struct MetricsService: Service {
  let system: SystemHub
  let interval: Duration

  func run() async { await repeatUntilShutdown(every: interval) { await system.writeMetrics() } }
}

/// Tells systemd that every event loop still turns.
struct WatchdogService: Service {
  let notifier: SystemdNotifier
  let workers: WorkerPool

  func run() async throws {
    guard let interval = notifier.watchdogInterval else { return try await gracefulShutdown() }
    await repeatUntilShutdown(every: interval) {
      // Asking waits for each loop in turn: a loop that hangs lets systemd's patience run out.
      guard (try? await workers.snapshot()) != nil else { return }
      notifier.send("WATCHDOG=1")
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
    }
  }
}
