import Foundation
import InMemoryLogging
import Logging
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct MetricsFileTests {
  @Test("The file is replaced whole, readable by all, and nothing else is left in the folder")
  func replacing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("cloakroom.prom")
    var file = MetricsFile(path: path, logger: Logger(label: "test") { _ in InMemoryLogHandler() })
    let first = file.write(Array("one\n".utf8))
    let reader = try FileHandle(forReadingFrom: URL(filePath: path))
    let second = file.write(Array("two\n".utf8))
    #expect(first && second)
    #expect(try reader.readToEnd() == Data("one\n".utf8), "a reader keeps the text it opened")
    #expect(try contents(of: path) == "two\n")
    #expect(try mode(of: path) == 0o644)
    #expect(try folder.names() == ["cloakroom.prom"])
    #expect(file.failures == 0)
  }

  @Test("What a killed process left behind is replaced, and a link in its place isn't followed")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    let victim = folder.file("victim")
    try Data("untouched".utf8).write(to: URL(filePath: victim))
    let temporary = folder.file(".cloakroom.prom.tmp")
    try FileManager.default.createSymbolicLink(atPath: temporary, withDestinationPath: victim)
    try MetricsFile.replace(folder.file("cloakroom.prom"), with: Array("new\n".utf8))
    #expect(try contents(of: victim) == "untouched")
    #expect(try contents(of: folder.file("cloakroom.prom")) == "new\n")
  }

  @Test("Failing is counted each time and told once, and so is working again")
  func failing() throws {
    let folder = try TemporaryFolder()
    let said = InMemoryLogHandler()
    let logger = Logger(label: "test") { _ in said }
    var file = MetricsFile(path: folder.file("later/cloakroom.prom"), logger: logger)
    let failed = (0..<3).map { _ in file.write([0x0A]) }
    #expect(failed == [false, false, false])
    #expect(file.failures == 3)
    #expect(said.entries.map(\.level) == [.error])
    #expect(said.entries.first?.metadata["error"] == "open: No such file or directory")
    try FileManager.default.createDirectory(
      atPath: folder.file("later"), withIntermediateDirectories: false)
    let written = (0..<2).map { _ in file.write([0x0A]) }
    #expect(written == [true, true])
    #expect(said.entries.map(\.level) == [.error, .notice])
  }

  @Test("A path that can't be renamed to leaves no temporary file")
  func renaming() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("taken"), withIntermediateDirectories: false)
    #expect(throws: MetricsFile.Failure(call: "rename", errno: EISDIR)) {
      try MetricsFile.replace(folder.file("taken"), with: [0x0A])
    }
    #expect(try folder.names() == ["taken"])
  }
}
