import CloakroomCore
import Foundation
import Support
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct PromtoolTests {
  /// Runs Prometheus' own checker on a text; it says on its standard error what it dislikes.
  private func check(_ text: [UInt8]) throws -> (exit: ChildProcess.Exit?, output: String) {
    let folder = try TemporaryFolder()
    let file = folder.file("metrics")
    try Data(text).write(to: URL(filePath: file))
    return try Tool.run(["promtool", "check", "metrics"], input: file)
  }

  @Test(
    "Prometheus' own checker has nothing to say about the text",
    .enabled(if: Tool.isInstalled("promtool"), "promtool is not installed"))
  func clean() throws {
    let observer = LoopObserver(labels: testLabels)
    for (index, reason) in Reason.allCases.enumerated() {
      observer.record(
        .test(
          duration: UInt64(index) << 28, storeDuration: UInt64(index) << 20, service: index % 3,
          method: index % 4, failure: reason))
    }
    let text = MetricsText(
      snapshot: observer.snapshot(), process: .read(),
      store: StoreGauges(isUp: true, memoryBytes: 1 << 40, memoryEntries: 9),
      accessLog: AccessLogCounts(),
      policy: ReloadGauges(loadedAtMs: 1_767_225_600_456, failures: 0),
      keys: KeyGauges(
        counts: [.init(state: "active", algorithm: "HS256", count: 2)],
        reload: ReloadGauges(loadedAtMs: 1_767_225_600_123, failures: 1)),
      flows: ReloadGauges(loadedAtMs: 1_767_225_600_789, failures: 1))
    let verdict = try check(text.render())
    #expect(verdict.output == "")
    #expect(verdict.exit == .status(0))
  }

  @Test(
    "The checker that the texts are held against does find faults",
    .enabled(if: Tool.isInstalled("promtool"), "promtool is not installed"),
    arguments: ["cloakroom_calls_total{reason=\"a\nb\"} 1\n", "cloakroom_calls_total one\n"])
  func faults(text: String) throws {
    let exit = try check(Array(text.utf8)).exit
    #expect(exit != nil && exit != .status(0))
  }
}
