import Support
import Testing

/// What a connection asks of one key without waiting for answers.
@Suite("A key that is leased", .timeLimit(.minutes(2)))
struct CacheOrderTests {
  private struct Caller {
    let client: LineClient
    /// What each `cache.get` has beside its own.
    let more: String

    /// Does in one go what is said, word for word: `get 1` with the caller's own lease of that number, `set 1 v` with
    /// it, `put v` without one, `void`, `fade` (soft), `back 1` gives the lease back, `peek` wants none.
    func tell(_ text: String, tags: String, leases: String) throws -> [String] {
      let words = text.split(separator: ", ").map { $0.split(separator: " ").map(String.init) }
      let calls = words.map { words -> (method: String, params: String) in
        let lease = #""lease":"a lease of mine, \#(leases) \#(words.last ?? "")""#
        return switch words[0] {
        case "get": ("cache.get", #"{"key":"k",\#(lease)\#(more)}"#)
        case "peek": ("cache.get", #"{"key":"k","lease":false\#(more)}"#)
        case "put": ("cache.set", #"{"key":"k","value":\#(words[1]),"grace":"1h"\#(tags)}"#)
        case "set":
          ("cache.set", #"{"key":"k","value":\#(words[1]),"grace":"1h",\#(lease)\#(tags)}"#)
        case "back": ("cache.release", #"{"key":"k",\#(lease)}"#)
        case "fade": ("cache.invalidate", #"{"keys":["k"],"soft":true}"#)
        default: ("cache.invalidate", #"{"keys":["k"]}"#)
        }
      }
      let answers = try client.pipeline(calls)
      return try calls.indices.map { place in
        let answer = try #require(answers[place])
        guard let status = answer["status"] as? String else {
          return answer.reason ?? (answer["released"] as? Bool).map { "\($0)" } ?? "ok"
        }
        let value = (answer["value"] as? Int).map { " \($0)" } ?? ""
        return status + value + (answer["lease"] == nil ? "" : " leased")
      }
    }
  }

  @Test(
    "is so before what its connection asks behind it",
    arguments: CacheStage.Place.allCases, ["", #","deadlineMs":60000"#])
  func order(place: CacheStage.Place, deadline: String) throws {
    let stage = try CacheStage(place)
    let caller = Caller(client: try stage.clients(1)[0], more: deadline)
    let stories: [(calls: String, answers: [String])] = [
      ("void", ["ok"]),
      // It is missing, and brought with the lease.
      ("get 1, set 1 1, peek", ["miss leased", "ok", "hit 1"]),
      // What was written lately is found before what is written next.
      ("peek, put 2, get 2, void, peek", ["hit 1", "ok", "hit 2", "ok", "miss"]),
      // A lease is void by what comes behind it.
      ("get 3, void, set 3 3", ["miss leased", "ok", "LEASE_LOST"]),
      ("get 4, put 4, set 5 4, peek", ["miss leased", "ok", "LEASE_LOST", "hit 4"]),
      ("fade", ["ok"]),
      // It is given back, and is then somebody else's.
      (
        "get 5, back 5, get 6, set 6 6, peek",
        ["stale 4 leased", "true", "stale 4 leased", "ok", "hit 6"]
      ),
    ]
    for round in 0..<10 {
      for tags in ["", #","tags":["t"]"#] {
        let leases = "\(round)\(tags.isEmpty ? "" : " t")"
        for story in stories {
          let told = try caller.tell(story.calls, tags: tags, leases: leases)
          #expect(told == story.answers, "\(story.calls) \(tags)")
        }
        guard !tags.isEmpty else { continue }
        // It is stale by a tag that the call does not name.
        try caller.client.invalidate(#"{"tags":["t"],"soft":true}"#)
        let told = try caller.tell("get 7, set 7 7, peek", tags: tags, leases: leases)
        #expect(told == ["stale 6 leased", "ok", "hit 7"])
      }
    }
  }
}
