import CloakroomCore
import Foundation
import InMemoryLogging
import Logging
import Testing

@testable import CloakroomObservability

/// A file system of 64 KiB in memory, gone when the test is done.
private final class SmallDisk {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
    }
  }

  deinit {
    umount(folder.path)
  }

  /// Whether this process may mount anything.
  static var isAllowed: Bool {
    (try? SmallDisk()) != nil
  }
}

@Suite(.timeLimit(.minutes(1))) struct FullDiskTests {
  @Test(
    "A disk that fills up loses lines but cuts none, and logging goes on when there is space again",
    .enabled(if: SmallDisk.isAllowed, "mounting takes CAP_SYS_ADMIN"))
  func fillsAndRecovers() throws {
    let disk = try SmallDisk()
    let filler = disk.folder.file("filler")
    try Data(count: 32 << 10).write(to: URL(filePath: filler))
    let path = disk.folder.file("access.log")
    let said = InMemoryLogHandler()
    let writer = try AccessLogWriter(
      options: AccessLogOptions(path: path), labels: testLabels,
      logger: Logger(label: "test") { _ in said })

    #expect(writer.enqueue((0..<1_000).map { .test(id: "\($0)") }) == 0)
    while writer.waiting > 0 { sched_yield() }
    #expect(writer.counts.written > 0)
    #expect(writer.counts.droppedByWrite > 0)
    #expect(writer.counts.written + writer.counts.droppedByWrite == 999, "one line is cut")
    #expect(try !contents(of: path).hasSuffix("\n"))

    try FileManager.default.removeItem(atPath: filler)
    #expect(writer.enqueue((1_000..<1_010).map { .test(id: "\($0)") }) == 0)
    #expect(writer.close())
    let lines = try contents(of: path).split(separator: "\n")
    for line in lines {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
    #expect(UInt64(lines.count) == writer.counts.written)
    #expect(writer.counts.written + writer.counts.droppedByWrite == 1_010)
    #expect(lines.last?.contains("\"id\":\"1009\"") == true)
    #expect(said.entries.map(\.level) == [.error, .notice])
  }

  @Test(
    "A metrics file that doesn't fit leaves the old one as it was",
    .enabled(if: SmallDisk.isAllowed, "mounting takes CAP_SYS_ADMIN"))
  func metricsFile() throws {
    let disk = try SmallDisk()
    let path = disk.folder.file("cloakroom.prom")
    try MetricsFile.replace(path, with: Array("old\n".utf8))
    #expect(throws: MetricsFile.Failure(call: "write", errno: ENOSPC)) {
      try MetricsFile.replace(path, with: [UInt8](repeating: 0x61, count: 128 << 10))
    }
    #expect(try contents(of: path) == "old\n")
    #expect(try disk.folder.names() == ["cloakroom.prom"])
  }
}
