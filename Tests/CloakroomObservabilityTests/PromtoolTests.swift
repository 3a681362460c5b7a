import CloakroomCore
import Foundation
import Testing

@testable import CloakroomObservability

@Suite struct PromtoolTests {
  /// Runs Prometheus' own checker on a text; it says on its standard error what it dislikes.
  private func check(_ text: [UInt8]) throws -> (status: Int32, complaints: String) {
    let promtool = Process()
    promtool.executableURL = URL(filePath: "/usr/bin/env")
    promtool.arguments = ["promtool", "check", "metrics"]
    let input = Pipe()
    let complaints = Pipe()
    promtool.standardInput = input
    promtool.standardError = complaints
    promtool.standardOutput = FileHandle.nullDevice
    try promtool.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text))
    try input.fileHandleForWriting.close()
    let said = try complaints.fileHandleForReading.readToEnd() ?? Data()
    promtool.waitUntilExit()
    return (promtool.terminationStatus, String(decoding: said, as: UTF8.self))
  }

  @Test(
    "Prometheus' own checker has nothing to say about the text",
    .disabled(if: ProcessInfo.processInfo.environment["CLOAKROOM_TEST_SKIP_PROMTOOL"] != nil))
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
        reload: ReloadGauges(loadedAtMs: 1_767_225_600_123, failures: 1)))
    let verdict = try check(text.render())
    #expect(verdict.complaints == "")
    #expect(verdict.status == 0)
  }

  @Test(
    "The checker that the texts are held against does find faults",
    .disabled(if: ProcessInfo.processInfo.environment["CLOAKROOM_TEST_SKIP_PROMTOOL"] != nil),
    arguments: ["cloakroom_calls_total{reason=\"a\nb\"} 1\n", "cloakroom_calls_total one\n"])
  func faults(text: String) throws {
    #expect(try check(Array(text.utf8)).status != 0)
  }
}
