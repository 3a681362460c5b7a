import Glibc
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct LineSinkTests {
  /// A disk that takes so many bytes a call, one entry a call, and reports an error for `nil`.
  private final class Disk {
    private(set) var content: [UInt8] = []
    private var script: [Int?]

    init(_ script: [Int?]) {
      self.script = script
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> LogFile.WriteResult {
      guard let step = script.isEmpty ? bytes.count : script.removeFirst() else {
        return .failed(errno: ENOSPC)
      }
      content += bytes.prefix(step)
      return .wrote(min(step, bytes.count))
    }

    var text: String {
      String(decoding: content, as: UTF8.self)
    }
  }

  private func write(
    _ text: String, to disk: Disk, by sink: inout LineSink
  ) -> LineSink.Outcome {
    let lines = text.utf8.filter { $0 == UInt8(ascii: "\n") }.count
    return Array(text.utf8).withUnsafeBytes { bytes in
      sink.write(bytes, lines: lines, through: disk.write)
    }
  }

  /// What a disk does with `aaa`, `bbb` and `ccc`, and then with `ddd` when it has space again.
  static let cases: [(script: [Int?], first: LineSink.Outcome, content: String, second: Int)] = [
    ([], .init(written: 3), "aaa\nbbb\nccc\nddd\n", 1),
    ([1, 2, 3], .init(written: 3), "aaa\nbbb\nccc\nddd\n", 1),
    ([nil], .init(dropped: 3, errno: ENOSPC), "ddd\n", 1),
    ([4, nil], .init(written: 1, dropped: 2, errno: ENOSPC), "aaa\nddd\n", 1),
    ([1, nil], .init(dropped: 2, errno: ENOSPC), "aaa\nddd\n", 2),
    ([3, nil], .init(dropped: 2, errno: ENOSPC), "aaa\nddd\n", 2),
    ([6, nil], .init(written: 1, dropped: 1, errno: ENOSPC), "aaa\nbbb\nddd\n", 2),
    ([4, 5, nil], .init(written: 2, errno: ENOSPC), "aaa\nbbb\nccc\nddd\n", 2),
    ([11, nil], .init(written: 2, errno: ENOSPC), "aaa\nbbb\nccc\nddd\n", 2),
    ([0], .init(dropped: 3, errno: EIO), "ddd\n", 1),
  ]

  @Test("Lines stay whole wherever a disk stops taking them", arguments: cases)
  func partial(script: [Int?], first: LineSink.Outcome, content: String, second: Int) {
    let disk = Disk(script)
    var sink = LineSink(endsWithinLine: false)
    #expect(write("aaa\nbbb\nccc\n", to: disk, by: &sink) == first)
    #expect(write("ddd\n", to: disk, by: &sink) == .init(written: second))
    #expect(disk.text == content)
    #expect(!sink.holdsRest)
  }

  @Test("A torn line is ended before others follow, however long that takes")
  func patience() {
    let disk = Disk([2, nil, nil, 1, nil, nil])
    var sink = LineSink(endsWithinLine: false)
    #expect(write("aaaa\n", to: disk, by: &sink) == .init(errno: ENOSPC))
    for _ in 0..<3 {
      #expect(write("lost\n", to: disk, by: &sink) == .init(dropped: 1, errno: ENOSPC))
    }
    #expect(write("bbb\n", to: disk, by: &sink) == .init(written: 2))
    #expect(disk.text == "aaaa\nbbb\n")
  }

  @Test("A file that ended within a line gets a line feed first, which is no line of ours")
  func healing() {
    let disk = Disk([nil])
    var sink = LineSink(endsWithinLine: true)
    #expect(write("aaa\n", to: disk, by: &sink) == .init(dropped: 1, errno: ENOSPC))
    #expect(write("bbb\n", to: disk, by: &sink) == .init(written: 1))
    #expect(disk.text == "\nbbb\n")
    #expect(sink.abandonRest() == 0)
  }

  @Test("A line that is given up is counted once")
  func abandoning() {
    let disk = Disk([1, nil])
    var sink = LineSink(endsWithinLine: false)
    #expect(write("aaa\n", to: disk, by: &sink) == .init(errno: ENOSPC))
    #expect(sink.holdsRest)
    #expect(sink.abandonRest() == 1)
    #expect(sink.abandonRest() == 0)
  }
}
