import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomStore

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
private func glob(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

@Suite("What Redis is subscribed to for patterns", .timeLimit(.minutes(1)))
struct PatternCoversTests {
  /// The covers, where an expectation can ask them.
  private final class Covers {
    private var covers: PatternCovers

    init(limit: Int) { covers = PatternCovers(limit: limit) }

    func want(_ prefix: String, _ suffix: String = "") -> [String] {
      covers.want(bytes(prefix), suffix: bytes(suffix)).map(text)
    }
    func cover(_ prefix: String) -> PatternCovers.Cover? { covers.cover(of: bytes(prefix)) }
    func confirmed(_ text: String) -> [String] { covers.confirmed(glob(text)).map(self.text) }
    func refused(_ text: String) { covers.refused(glob(text)) }
    func isActive(_ text: String) -> Bool { covers.isActive(glob(text)) }
    func release(_ prefix: String) -> [String] {
      cover(prefix).map { covers.release($0).map(text) } ?? []
    }
    var count: Int { covers.count }

    private func text(_ action: PatternCovers.Action) -> String {
      switch action {
      case .subscribe(let glob): "+" + String(buffer: glob)
      case .unsubscribe(let glob): "-" + String(buffer: glob)
      }
    }
  }

  @Test("is one for what begins alike, and none begins with another")
  func covers() {
    let covers = Covers(limit: 8)
    #expect(covers.want("a:order.") == ["+a:order.*"])
    #expect(covers.confirmed("a:order.*") == [])
    #expect(covers.want("a:order.paid") == [])
    #expect(covers.want("a:o") == ["+a:o*"])
    // The one before is heard until the new one is confirmed, and then given up.
    #expect(covers.isActive("a:order.*") && !covers.isActive("a:o*"))
    #expect(covers.confirmed("a:o*") == ["-a:order.*"])
    #expect(!covers.isActive("a:order.*") && covers.isActive("a:o*"))
    #expect(covers.release("a:o") == ["-a:o*"])
    #expect(covers.count == 0)
  }

  @Test("ends as all of its patterns end")
  func suffixes() {
    let covers = Covers(limit: 8)
    #expect(covers.want("a:", ".paid") == ["+a:*.paid"])
    #expect(covers.want("a:x", ".paid") == [])
    #expect(covers.want("a:", ".unpaid") == ["+a:*paid"])
    #expect(covers.confirmed("a:*.paid") == [])
    #expect(covers.confirmed("a:*paid") == ["-a:*.paid"])
    #expect(covers.want("a:") == ["+a:*"])
    #expect(covers.release("a:") == ["-a:*paid", "-a:*"])
  }

  @Test("is one for those that begin most alike, where there would be too many")
  func merged() {
    let covers = Covers(limit: 2)
    #expect(covers.want("s:x:1", "z") == ["+s:x:1*z"])
    #expect(covers.want("s:y:1", "yz") == ["+s:y:1*yz"])
    #expect(covers.want("s:y:2", "xz") == ["+s:y:2*xz", "+s:y:*z"])
    // One that has little in common with any stands on its own.
    #expect(covers.want("t") == ["+t*", "+s:*z"])
    #expect(covers.count == 2)
    #expect(covers.confirmed("s:*z") == ["-s:x:1*z", "-s:y:1*yz", "-s:y:2*xz", "-s:y:*z"])
    #expect(covers.isActive("s:*z") && !covers.isActive("t*"))
  }

  @Test("is what was there before where Redis refuses another")
  func refused() {
    let covers = Covers(limit: 8)
    _ = covers.want("ab")
    _ = covers.confirmed("ab*")
    _ = covers.want("a")
    covers.refused("a*")
    #expect(covers.cover("a") == nil && covers.isActive("ab*"))
    #expect(covers.want("abc") == [])
  }

  @Test("has a bounded length, and nothing in a name has a meaning in it")
  func escapes() {
    let covers = Covers(limit: 8)
    #expect(covers.want("a[b]*?\\", "*]") == [#"+a\[b\]\*\?\\*\*\]"#])
    let long = String(repeating: "x", count: 2000)
    let glob = covers.want(long, long).first ?? ""
    #expect(glob.utf8.count == 1 + PatternCovers.longestPrefix + 1 + PatternCovers.longestSuffix)
    #expect(covers.cover(long)?.prefix.count == PatternCovers.longestPrefix)
  }

  /// Redis, as far as it matters: it does commands in their order, and says what it has done and what was published in
  /// one stream.
  private struct Server {
    enum Said {
      case subscribed(ByteBuffer)
      case unsubscribed(ByteBuffer)
      case message(Int, String, through: ByteBuffer)
    }

    var commands: [PatternCovers.Action] = []
    var subscribed: [ByteBuffer] = []
    var said: [Said] = []

    mutating func doOne() {
      guard !commands.isEmpty else { return }
      switch commands.removeFirst() {
      case .subscribe(let glob):
        if !subscribed.contains(glob) { subscribed.append(glob) }
        said.append(.subscribed(glob))
      case .unsubscribe(let glob):
        subscribed.removeAll { $0 == glob }
        said.append(.unsubscribed(glob))
      }
    }

    /// Whether it still owes an answer about a glob: only the last one says how that stands.
    func owes(_ glob: ByteBuffer) -> Bool {
      commands.contains { $0 == .subscribe(glob) || $0 == .unsubscribe(glob) }
        || said.contains {
          switch $0 {
          case .subscribed(glob), .unsubscribed(glob): true
          default: false
          }
        }
    }

    mutating func publish(_ number: Int, on name: String) {
      for glob in subscribed where Glob(redis: glob).matches(ByteBuffer(string: name)) {
        said.append(.message(number, name, through: glob))
      }
    }
  }

  @Test(
    "hears each name once from the moment on that a pattern is confirmed", arguments: [1, 2, 3, 7])
  func once(limit: Int) {
    for _ in 0..<60 { Self.course(limit) }
  }

  /// What a client listens to: all that begins and ends so.
  private struct Pattern: Hashable {
    let prefix: String
    let suffix: String

    func matches(_ name: String) -> Bool {
      name.count >= prefix.count + suffix.count && name.hasPrefix(prefix) && name.hasSuffix(suffix)
    }
  }

  private static func word(_ lengths: ClosedRange<Int>) -> String {
    String((0..<Int.random(in: lengths)).map { _ in "abc".randomElement() ?? "a" })
  }

  private static func course(_ limit: Int) {
    let all = (0..<24).map { _ in Pattern(prefix: word(1...4), suffix: word(0...2)) }
    var covers = PatternCovers(limit: limit)
    var server = Server()
    /// Those that are listened to, and whether they are heard.
    var patterns: [Pattern: Bool] = [:]
    /// How often a message was taken, and by which patterns it had to be heard when it was published.
    var taken: [Int: Int] = [:]
    var owed: [(number: Int, pattern: Pattern)] = []
    func hear() {
      guard !server.said.isEmpty else { return }
      switch server.said.removeFirst() {
      case .message(let number, _, let glob):
        if covers.isActive(glob) { taken[number, default: 0] += 1 }
      case .unsubscribed: break
      case .subscribed(let glob):
        guard !server.owes(glob) else { return }
        server.commands += covers.confirmed(glob)
        for pattern in patterns.keys where covers.cover(of: bytes(pattern.prefix))?.isActive == true
        {
          patterns[pattern] = true
        }
      }
    }
    for number in 0..<400 {
      switch Int.random(in: 0..<8) {
      case 0:
        guard let pattern = all.randomElement(), patterns[pattern] == nil else { continue }
        server.commands += covers.want(bytes(pattern.prefix), suffix: bytes(pattern.suffix))
        patterns[pattern] = covers.cover(of: bytes(pattern.prefix))?.isActive == true
      case 1:
        guard let pattern = patterns.keys.randomElement() else { continue }
        patterns[pattern] = nil
        owed.removeAll { $0.pattern == pattern }
        guard let cover = covers.cover(of: bytes(pattern.prefix)),
          !patterns.keys.contains(where: { bytes($0.prefix).starts(with: cover.prefix) })
        else { continue }
        server.commands += covers.release(cover)
      case 2, 3: server.doOne()
      case 4, 5: hear()
      default:
        let name = word(1...7)
        server.publish(number, on: name)
        for (pattern, isHeard) in patterns where isHeard && pattern.matches(name) {
          owed.append((number, pattern))
        }
      }
      #expect(covers.count <= limit)
    }
    while !server.commands.isEmpty || !server.said.isEmpty {
      server.doOne()
      hear()
    }
    #expect(taken.values.allSatisfy { $0 == 1 })
    for (number, pattern) in owed { #expect(taken[number] == 1, "\(number) for \(pattern)") }
    // Redis is subscribed to nothing that is not wanted.
    #expect(server.subscribed.count == covers.count)
  }
}
