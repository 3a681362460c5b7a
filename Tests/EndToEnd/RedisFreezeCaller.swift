import Support
import Testing

/// A caller with keys of its own, each of which only ever holds its own name: an answer that was
/// meant for another call shows.
final class FreezeCaller {
  /// Calls of each kind in one round.
  private static let width = 15

  let client: LineClient
  /// The keys whose writing was answered with success.
  private(set) var written: Set<String> = []
  /// The keys whose writing was sent, in their order.
  private var asked: [String] = []

  private let number: Int
  private var firstLine: String?
  private var reading: [Int: String] = [:]
  private var writing: [Int: String] = [:]
  private var counting: Set<Int> = []

  init(number: Int, client: LineClient) {
    self.number = number
    self.client = client
  }

  /// Sends a round's calls without waiting for answers.
  func ask(round: Int) throws {
    reading = [:]
    writing = [:]
    counting = []
    var lines = ""
    for place in 0..<Self.width {
      let id = (round * 100 + place) * 10
      let key = "k-\(number)-\(round)-\(place)"
      writing[id] = key
      lines += LineClient.request("kv.set", #"{"key":"\#(key)","value":"\#(key)"}"#, id: id)
      let old = asked.isEmpty ? key : asked[(place * 7) % asked.count]
      reading[id + 1] = old
      lines += LineClient.request("kv.get", #"{"key":"\#(old)"}"#, id: id + 1)
      counting.insert(id + 2)
      lines += LineClient.request("counter.increment", #"{"key":"n-\#(number)"}"#, id: id + 2)
    }
    asked += writing.values
    try client.send(lines)
  }

  /// Waits for the first answer of a round.
  func listenOnce() throws { firstLine = try client.readLine() }

  /// Reads a round's answers: each is to its own call, and there is one for each call.
  func check(round: Int) throws {
    var lines = try client.readLines(3 * Self.width - (firstLine == nil ? 0 : 1))
    if let firstLine { lines.insert(firstLine, at: 0) }
    firstLine = nil
    for line in lines {
      let answer = Answer(line)
      let id = try #require(answer.id)
      if let key = reading.removeValue(forKey: id) {
        checkReading(answer, of: key)
      } else if let key = writing.removeValue(forKey: id) {
        if answer["ok"] as? Bool == true {
          written.insert(key)
        } else {
          #expect(["UNAVAILABLE", "OUTCOME_UNKNOWN"].contains(answer.reason), "\(answer)")
        }
      } else {
        try #require(counting.remove(id) != nil, "an answer that nobody asked for: \(answer)")
        let isCount = answer["applied"] as? Bool == true && answer["value"] is Int
        #expect(isCount || ["UNAVAILABLE", "OUTCOME_UNKNOWN"].contains(answer.reason), "\(answer)")
      }
    }
  }

  /// Reads every key again, now that Redis answers.
  func checkAll() throws {
    for key in asked {
      var answer = Answer("")
      try eventually("an answer") {
        answer = try client.call("kv.get", #"{"key":"\#(key)"}"#)
        return answer["found"] is Bool
      }
      checkReading(answer, of: key)
      if written.contains(key) { #expect(answer["value"] as? String == key) }
    }
  }

  private func checkReading(_ answer: Answer, of key: String) {
    switch answer["found"] as? Bool {
    case true: #expect(answer["value"] as? String == key)
    case false: #expect(!written.contains(key), "\(key) was written and is gone")
    case nil: #expect(answer.reason == "UNAVAILABLE", "\(answer)")
    }
  }
}
