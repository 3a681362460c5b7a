import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("Patterns on the message bus", .timeLimit(.minutes(1)))
struct BusPatternTests {
  /// Few letters, so that much matches; bytes with a meaning in globs among them.
  static let letters = Array("aab*?[]^-\\:é".map(String.init))

  /// A word of up to six letters, the same each time for a seed.
  static func word(_ random: inout SystemRandomNumberGenerator) -> String {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      letters.randomElement(using: &random) ?? ""
    }.joined()
  }

  /// A glob out of words, wildcards between them.
  static func glob(_ random: inout SystemRandomNumberGenerator) -> String {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in escaped(word(&random).prefix(2)) }
      .joined(separator: "*")
  }

  static func escaped(_ text: some StringProtocol) -> String {
    text.map { "*?[]^-\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }

  @Test("match the same names on every bus")
  func same() async throws {
    var random = SystemRandomNumberGenerator()
    let globs = Set((0..<80).map { _ in Self.glob(&random) }).sorted()
    let names = Set((0..<80).map { _ in Self.word(&random) }).sorted()
    var heard: [Set<String>] = []
    for kind in [ContractBus.memory, ContractBus.redis] {
      try await kind.run { buses, store in
        let head = String(buffer: store.key("").bytes)
        let ids = try await buses[0].subscribe(
          globs.map { .pattern(ByteBuffer(string: head + $0)) } + [.name(store.key("end"))])
        let replies = await store.perform(
          names.map { .publish(store.key($0), ByteBuffer()) } + [
            .publish(store.key("end"), ByteBuffer())
          ])
        var pairs: Set<String> = []
        var count: Int64 = 0
        let (end, last) = (head + "end", try #require(ids.last))
        try await buses[0].wait(for: "the end") { $0.contains(.received("", on: end, last)) }
        for case .received(_, let name, let id) in try await buses[0].notes {
          guard name != end, let place = ids.firstIndex(of: id) else { continue }
          pairs.insert("\(globs[place]) ~ \(name.dropFirst(head.count))")
          count += 1
        }
        // What PUBLISH counts is what is heard.
        let counted = replies.dropLast().reduce(Int64(0)) { sum, reply in
          if case .number(let count) = reply { sum + count } else { sum }
        }
        #expect(count == counted)
        heard.append(pairs)
      }
    }
    #expect(heard[0] == heard[1])
    #expect(!heard[0].isEmpty)
  }
}
