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

  @Test("are few to Redis, however many there are, and each is heard")
  func few() async throws {
    let server = try RedisServer()
    defer { server.stop() }
    try await BusOutageTests.run(server) { buses, store in
      let head = String(buffer: store.key("").bytes)
      let patterns = (0..<600).map { "\(head)\(["x", "y:", "z:z"][$0 % 3])\($0)*\($0 % 7)*" }
      let ids = try await buses[0].subscribe(patterns.map { .pattern(ByteBuffer(string: $0)) })
      let count = try server.command(["PUBSUB", "NUMPAT"])
      #expect(Int(count.filter(\.isNumber)).map { (1...64).contains($0) } == true, "\(count)")
      for place in [0, 1, 2, 300, 599] {
        let name = patterns[place].replacing("*", with: "!")
        _ = await store.perform(
          .publish(StoreKey(bytes: ByteBuffer(string: name)), ByteBuffer(string: "once")))
        try await buses[0].wait(for: "\(name)") {
          $0.contains(.received("once", on: name, ids[place]))
        }
      }
      _ = try await buses[0].unsubscribe(ids)
      try await eventually(that: "Redis is subscribed to nothing") {
        try server.command(["PUBSUB", "NUMPAT"]).filter(\.isNumber) == "0"
      }
    }
  }

  @Test("miss nothing and hear nothing twice while others come and go", arguments: ContractBus.all)
  func churn(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let head = String(buffer: store.key("").bytes)
      func pattern(_ text: String) -> Topic { .pattern(ByteBuffer(string: head + text)) }
      let lasting = try await buses[0].subscribe(["ab.*", "a*.1", "b:*"].map(pattern))
      var others: [UInt64] = []
      for round in 0..<150 {
        let ending = others.count > 40 ? [others.removeFirst(), others.removeFirst()] : []
        // Of those that begin alike there are more than Redis is subscribed to.
        let new = ["\(round % 97)x*", "ab.\(round)*", "b*\(round)"].map(pattern)
        others += try await buses[0].unsubscribe(ending, andAsk: new)
        _ = await store.perform(
          ["ab.1", "b:\(round)"].map {
            .publish(store.key($0), ByteBuffer(string: "\(round)"))
          })
      }
      let last = lasting[2]
      try await buses[0].wait(for: "the last") {
        $0.contains(.received("149", on: head + "b:149", last))
      }
      let all = (0..<150).map(String.init)
      for id in lasting {
        #expect(try await buses[0].messages(id) == all)
      }
    }
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
        var heardNames: Set<String> = []
        let (end, last) = (head + "end", try #require(ids.last))
        try await buses[0].wait(for: "the end") { $0.contains(.received("", on: end, last)) }
        for case .received(_, let name, let id) in try await buses[0].notes {
          guard name != end, let place = ids.firstIndex(of: id) else { continue }
          pairs.insert("\(globs[place]) ~ \(name.dropFirst(head.count))")
          heardNames.insert(String(name.dropFirst(head.count)))
        }
        // What is heard is counted once. Redis also counts a sidecar whose patterns only begin and end alike.
        for (name, reply) in zip(names, replies) {
          let isHeard = heardNames.contains(name)
          let isCounted = reply == .number(1)
          #expect(isCounted || reply == .number(0))
          #expect(isCounted == isHeard || isCounted && kind.description == "redis", "\(name)")
        }
        heard.append(pairs)
      }
    }
    #expect(heard[0] == heard[1])
    #expect(!heard[0].isEmpty)
  }
}
