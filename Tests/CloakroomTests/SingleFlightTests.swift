import Testing

@testable import Cloakroom

@Suite("What many ask for at once", .timeLimit(.minutes(1)))
struct SingleFlightTests {
  /// Searches that end when they are told to; each finds its number.
  private actor Searches {
    private(set) var begun = 0
    private var open: CheckedContinuation<Void, Never>?

    func search() async -> Int {
      begun += 1
      let number = begun
      await withCheckedContinuation { open = $0 }
      return number
    }

    /// Ends the search that is under way, if one is.
    func end() { open.take()?.resume() }
  }

  @Test("is found out once for those who ask meanwhile, and never before they have asked")
  func shares() async {
    let searches = Searches()
    let flight = SingleFlight { await searches.search() }
    let askers = (0..<1000).map { _ in
      Task {
        let before = await searches.begun
        return (before: before, found: await flight.value())
      }
    }
    while await searches.begun == 0 { await Task.yield() }
    // Others ask while the first search is under way.
    for _ in 0..<1000 { await Task.yield() }
    let ending = Task {
      while !Task.isCancelled {
        await searches.end()
        await Task.yield()
      }
    }
    for asker in askers {
      let answer = await asker.value
      #expect(answer.found > answer.before)
    }
    ending.cancel()
    #expect(await searches.begun < 500)
  }
}
