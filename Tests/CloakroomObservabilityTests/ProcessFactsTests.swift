import Foundation
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct ProcessFactsTests {
  @Test("Facts are found behind a command's name that looks like more fields")
  func fixture() throws {
    let proc = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: proc.file("self/fd"), withIntermediateDirectories: true)
    let tick = sysconf(Int32(_SC_CLK_TCK))
    // Fields 3 to 25 of proc(5), the ones that are read with values of their own.
    let fields =
      "S 1 2 3 0 -1 4194560 10 0 0 0 \(3 * tick) \(2 * tick) 0 0 20 0 4 0 \(50 * tick) 99 7 1"
    try Data("42 (a ) S 9 9) \(fields)".utf8).write(to: URL(filePath: proc.file("self/stat")))
    let interrupts = String(repeating: " 0", count: 100_000)
    try Data("cpu 1 2\nintr 5\(interrupts)\nbtime 1700000000\nprocesses 3\n".utf8)
      .write(to: URL(filePath: proc.file("stat")))
    #expect(
      ProcessFacts.read(proc: proc.path)
        == ProcessFacts(
          startTime: 1_700_000_050, residentBytes: 7 * UInt64(sysconf(Int32(_SC_PAGESIZE))),
          cpuSeconds: 5, openFiles: 0))
  }

  @Test("This process' own facts are plausible")
  func own() throws {
    let facts = ProcessFacts.read()
    let now = Date().timeIntervalSince1970
    #expect(try #require(facts.startTime) <= now + 1)
    #expect(try #require(facts.startTime) > now - 86_400)
    #expect(try #require(facts.residentBytes) > 1 << 20)
    #expect(try #require(facts.openFiles) >= 3)
    #expect(try #require(facts.cpuSeconds) >= 0)
  }

  @Test("What can't be read is left out")
  func missing() throws {
    let proc = try TemporaryFolder()
    #expect(ProcessFacts.read(proc: proc.path) == ProcessFacts())
  }
}
