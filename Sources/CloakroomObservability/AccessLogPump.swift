import CloakroomCore
import Logging

/// What the access log's thread does: takes records, makes lines, writes them.
///
/// It is made by one thread and run by another, and by nobody else; see ``WriterThread``.
final class AccessLogPump {
  /// Lines are written as soon as this many bytes of them have gathered.
  private static let chunk = 64 << 10

  private let queue: AccessLogQueue
  private let logger: Logger
  private var formatter: AccessLogFormatter
  private var file: LogFile
  private var sink: LineSink
  /// Lines lost since writing began to fail; nil while it doesn't.
  private var lostInEpisode: Int?
  /// Of the lines that have gathered: how many records, and their weight in the queue.
  private var gathered = (records: 0, weight: 0)

  init(queue: AccessLogQueue, formatter: AccessLogFormatter, file: LogFile, logger: Logger) {
    self.queue = queue
    self.logger = logger
    self.formatter = formatter
    self.file = file
    sink = LineSink(endsWithinLine: file.endsWithinLine)
  }

  /// Works until the queue is closed and empty.
  func run() {
    var lines = LineBuffer(capacity: Self.chunk + AccessLogFormatter.longestLine)
    while true {
      let work = queue.next()
      if work.reopens { reopen() }
      for batch in work.batches {
        switch batch {
        case .calls(let calls): append(calls, to: &lines) { formatter.append($0, to: &$1) }
        case .expiries(let ends): append(ends, to: &lines) { formatter.append($0, to: &$1) }
        }
      }
      write(&lines)
      if work.isLast { break }
    }
    abandonRest()
    queue.end()
  }

  private func append<Record: AccessLogRecord>(
    _ records: [Record], to lines: inout LineBuffer,
    _ format: (borrowing Record, inout LineBuffer) -> Void
  ) {
    let records = records.span
    for index in records.indices {
      format(records[index], &lines)
      gathered.records += 1
      gathered.weight += records[index].weight
      if lines.count >= Self.chunk { write(&lines) }
    }
  }

  private func write(_ lines: inout LineBuffer) {
    guard gathered.records > 0 else { return }
    let (records, weight) = gathered
    gathered = (0, 0)
    let outcome = lines.withBytes { sink.write($0, lines: records, through: file.write) }
    lines.removeAll()
    queue.settle(
      records: records, weight: weight, written: outcome.written, dropped: outcome.dropped)
    report(outcome)
  }

  /// Tells the operator once when lines begin to be lost, and once when they no longer are.
  private func report(_ outcome: LineSink.Outcome) {
    if let errno = outcome.errno {
      if lostInEpisode == nil {
        logger.error(
          "the access log can't be written, its lines are dropped",
          metadata: ["path": "\(file.path)", "error": "\(SystemError.text(errno))"])
      }
      lostInEpisode = (lostInEpisode ?? 0) + outcome.dropped
    } else if let lost = lostInEpisode {
      lostInEpisode = nil
      logger.notice(
        "the access log is written again",
        metadata: ["path": "\(file.path)", "dropped": "\(lost)"])
    }
  }

  /// Tries once more to end the line that the file ends within, as the file is about to be left.
  private func abandonRest() {
    guard sink.holdsRest else { return }
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var outcome = sink.write(nothing, lines: 0, through: file.write)
    outcome.dropped += sink.abandonRest()
    queue.settle(records: 0, weight: 0, written: outcome.written, dropped: outcome.dropped)
    report(outcome)
  }

  private func reopen() {
    do {
      let fresh = try LogFile(path: file.path)
      abandonRest()
      file = fresh
      sink = LineSink(endsWithinLine: fresh.endsWithinLine)
      queue.noteReopening(failed: false)
    } catch {
      queue.noteReopening(failed: true)
      logger.error(
        "the access log can't be opened again, its old file is kept",
        metadata: ["error": "\(error)"])
    }
  }
}
