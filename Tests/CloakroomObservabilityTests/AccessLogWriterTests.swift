import CloakroomCore
import Foundation
import InMemoryLogging
import Logging
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct AccessLogWriterTests {
  private let folder: TemporaryFolder
  private let said = InMemoryLogHandler()

  init() throws {
    folder = try TemporaryFolder()
  }

  private func writer(_ options: AccessLogOptions) throws -> AccessLogWriter {
    let said = said
    return try AccessLogWriter(
      options: options, labels: testLabels, logger: Logger(label: "test") { _ in said })
  }

  private func records(_ count: Int, id: String = "x") -> [CallRecord] {
    (0..<count).map { .test(id: "\(id)\($0)") }
  }

  /// The ids of a file's lines; a line that isn't whole is an error.
  private func ids(_ text: String) throws -> [String] {
    try text.split(separator: "\n").map { line in
      let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(members?["id"] as? String)
    }
  }

  /// Waits until the writer's thread has dealt with all it was given.
  private func settle(_ writer: AccessLogWriter) {
    while writer.waiting > 0 { sched_yield() }
  }

  @Test("Every record becomes a line, in order, in a file that others can't read")
  func lines() throws {
    let path = folder.file("access.log")
    let writer = try writer(AccessLogOptions(path: path))
    #expect(writer.enqueue([]) == 0)
    #expect(writer.enqueue(records(1_000, id: "a")) == 0)
    #expect(writer.enqueue(records(1_000, id: "b")) == 0)
    #expect(writer.close())
    let expected = (0..<1_000).map { "a\($0)" } + (0..<1_000).map { "b\($0)" }
    #expect(try ids(contents(of: path)) == expected)
    #expect(try mode(of: path) & 0o137 == 0)
    #expect(writer.counts.written == 2_000)
    #expect(said.entries.isEmpty)
  }

  @Test("A loop's records reach the log when its tick ends, or when enough have gathered")
  func observer() throws {
    let path = folder.file("access.log")
    let writer = try writer(AccessLogOptions(path: path))
    let observer = LoopObserver(labels: testLabels, accessLog: writer, batchLimit: 2)
    #expect(observer.keepsAccessLog)
    for record in records(3) { observer.record(record) }
    settle(writer)
    #expect(writer.counts.written == 2)
    observer.flush()
    #expect(writer.close())
    observer.record(.test(id: "late"))
    observer.flush()
    #expect(try ids(contents(of: path)) == ["x0", "x1", "x2"])
    #expect(writer.counts.droppedByQueue == 1)
    #expect(observer.snapshot().count(of: Limit.accessLogQueue) == 1)
    #expect(observer.snapshot().calls == 4)
  }

  @Test("What comes after the end is dropped and counted, and ending twice is harmless")
  func closed() throws {
    let writer = try writer(AccessLogOptions(path: folder.file("access.log")))
    #expect(writer.close())
    #expect(writer.close())
    #expect(writer.enqueue(records(3)) == 3)
    #expect(writer.counts.droppedByQueue == 3)
  }

  @Test("Lines go on in the new file after a rotation, and none is lost")
  func rotation() throws {
    let path = folder.file("access.log")
    let writer = try writer(AccessLogOptions(path: path))
    #expect(writer.enqueue(records(2, id: "old")) == 0)
    settle(writer)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    #expect(writer.enqueue(records(1, id: "between")) == 0)
    settle(writer)
    writer.reopen()
    #expect(writer.enqueue(records(2, id: "new")) == 0)
    #expect(writer.close())
    #expect(try ids(contents(of: path + ".1")) == ["old0", "old1", "between0"])
    #expect(try ids(contents(of: path)) == ["new0", "new1"])
  }

  @Test("A file that can't be opened again leaves the old one in use, until it can")
  func failedRotation() throws {
    let path = folder.file("access.log")
    let writer = try writer(AccessLogOptions(path: path))
    #expect(!writer.counts.keepsOldFile)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    writer.reopen()
    #expect(writer.enqueue(records(2)) == 0)
    settle(writer)
    #expect(try ids(contents(of: path + ".1")) == ["x0", "x1"])
    #expect(writer.counts.reopenFailures == 1)
    #expect(writer.counts.keepsOldFile)
    try FileManager.default.removeItem(atPath: path)
    writer.reopen()
    #expect(writer.enqueue(records(1, id: "new")) == 0)
    #expect(writer.close())
    #expect(try ids(contents(of: path)) == ["new0"])
    #expect(writer.counts.reopenFailures == 1)
    #expect(!writer.counts.keepsOldFile)
    #expect(said.entries.map(\.level) == [.error])
  }

  @Test("A line that an earlier run left torn is ended first")
  func torn() throws {
    let path = folder.file("access.log")
    try Data("{\"time\":\"20".utf8).write(to: URL(filePath: path))
    let writer = try writer(AccessLogOptions(path: path))
    #expect(writer.enqueue(records(1)) == 0)
    #expect(writer.close())
    let lines = try contents(of: path).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first == "{\"time\":\"20")
    #expect(try ids(String(lines[1])) == ["x0"])
  }

  @Test("A path that can't be opened is an error at once")
  func badPath() throws {
    #expect(throws: AccessLogError.cannotOpen(path: folder.path, errno: EISDIR)) {
      _ = try writer(AccessLogOptions(path: folder.path))
    }
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(throws: AccessLogError.cannotOpen(path: pipe, errno: ENXIO)) {
      _ = try writer(AccessLogOptions(path: pipe))
    }
  }

  @Test("On a full device every line is dropped and counted, and the operator is told once")
  func fullDevice() throws {
    let writer = try writer(AccessLogOptions(path: "/dev/full"))
    #expect(writer.enqueue(records(2_000)) == 0)
    #expect(writer.close())
    #expect(writer.counts.written == 0)
    #expect(writer.counts.droppedByWrite == 2_000)
    #expect(said.entries.map(\.level) == [.error])
    #expect(said.entries.first?.metadata["error"] == "No space left on device")
  }

  @Test("The operator is told once when lines are written again")
  func recovery() throws {
    let path = folder.file("access.log")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
    let writer = try writer(AccessLogOptions(path: path))
    for _ in 0..<3 {
      #expect(writer.enqueue(records(1)) == 0)
      settle(writer)
    }
    try FileManager.default.removeItem(atPath: path)
    writer.reopen()
    for _ in 0..<3 {
      #expect(writer.enqueue(records(1)) == 0)
      settle(writer)
    }
    #expect(writer.close())
    #expect(writer.counts.droppedByWrite == 3)
    #expect(writer.counts.written == 3)
    #expect(said.entries.map(\.level) == [.error, .notice])
    #expect(said.entries.last?.metadata["dropped"] == "3")
  }

  @Test("A pipe that nobody reads fills the queue; giving records never waits, lines stay whole")
  func slowReader() throws {
    let path = folder.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    try #require(reader >= 0)
    defer { close(reader) }
    let writer = try writer(AccessLogOptions(path: path, queueLimit: 1_000))
    var dropped = 0
    for batch in 0..<100 {
      dropped += writer.enqueue(records(100, id: "\(batch)-"))
    }
    #expect(dropped > 0)
    #expect(writer.waiting <= 1_000)
    #expect(writer.counts.droppedByQueue == UInt64(dropped))
    #expect(!writer.close(within: .zero))

    _ = fcntl(reader, F_SETFL, 0)
    let text = try FileHandle(fileDescriptor: reader, closeOnDealloc: false).readToEnd() ?? Data()
    #expect(writer.close(within: .seconds(30)))
    #expect(try ids(String(decoding: text, as: UTF8.self)).count == 10_000 - dropped)
    #expect(writer.counts.written == UInt64(10_000 - dropped))
    #expect(said.entries.isEmpty)
  }

  @Test("A reader that goes away is an error of writing, not the end of the process")
  func brokenPipe() throws {
    let path = folder.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let writer = try writer(AccessLogOptions(path: path))
    close(reader)
    #expect(writer.enqueue(records(5)) == 0)
    #expect(writer.close())
    #expect(writer.counts.droppedByWrite == 5)
  }

  @Test("The strings of waiting records are limited in bytes as well")
  func bytes() throws {
    let queue = AccessLogQueue(limit: 1_000, byteLimit: 10_000, linger: .zero)
    let large = CallRecord.test(id: String(repeating: "x", count: 4_000))
    #expect(queue.enqueue([large, large, large, large]) == 2)
    #expect(queue.enqueue([large]) == 1)
    #expect(queue.enqueue([CallRecord.test()]) == 0)
    #expect(queue.waiting == 3)
    let work = queue.next()
    #expect(work.batches.map(\.count) == [2, 1])
    #expect(queue.enqueue([large]) == 1, "what is being written still counts")
    queue.settle(records: 2, weight: 2 * large.weight, written: 2, dropped: 0)
    #expect(queue.enqueue([large]) == 0)
    #expect(queue.counts.droppedByQueue == 4)
  }
}
