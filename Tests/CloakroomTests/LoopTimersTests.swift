import NIOCore
import NIOEmbedded
import Testing

@testable import Cloakroom

@Suite("The timers of a loop's calls", .timeLimit(.minutes(1)))
struct LoopTimersTests {
  @Test("are done when they are due, in that order, unless they were cancelled")
  func order() {
    let loop = EmbeddedEventLoop()
    let timers = LoopTimers(on: loop) { $0() }
    var done: [Int] = []
    var all: [LoopTimer] = []
    for ms in [30, 10, 20, 10, 40] {
      all.append(timers.schedule(in: .milliseconds(Int64(ms))) { done.append(ms) })
    }
    all[2].cancel()
    loop.advanceTime(by: .milliseconds(9))
    #expect(done.isEmpty)
    loop.advanceTime(by: .milliseconds(1))
    #expect(done == [10, 10])
    // One that was done is not cancelled any more.
    all[1].cancel()
    loop.advanceTime(by: .milliseconds(30))
    #expect(done == [10, 10, 30, 40])
    #expect(timers.count == 0)
  }

  @Test("may make others, and cancel others that are due with them")
  func nested() {
    let loop = EmbeddedEventLoop()
    let timers = LoopTimers(on: loop) { $0() }
    var done: [String] = []
    var second: LoopTimer?
    _ = timers.schedule(in: .milliseconds(1)) {
      done.append("first")
      second?.cancel()
      _ = timers.schedule(in: .milliseconds(1)) { done.append("third") }
    }
    second = timers.schedule(in: .milliseconds(2)) { done.append("second") }
    loop.advanceTime(by: .milliseconds(2))
    #expect(done == ["first", "third"])
  }

  @Test("leave the loop to others when many are due together")
  func turns() {
    let loop = EmbeddedEventLoop()
    var waiting: [() -> Void] = []
    let timers = LoopTimers(on: loop) { waiting.append($0) }
    var done: [Int] = []
    for number in 0..<200 {
      _ = timers.schedule(in: .milliseconds(1)) { done.append(number) }
    }
    loop.advanceTime(by: .milliseconds(1))
    var turns = 1
    while !waiting.isEmpty {
      #expect(done.count <= turns * LoopTimers.mostInTurn && waiting.count == 1)
      waiting.removeFirst()()
      turns += 1
    }
    #expect(done.sorted() == Array(0..<200))
    #expect(turns >= 4)
  }

  @Test("take no more places than twice those that are left, however many are cancelled")
  func places() {
    let loop = EmbeddedEventLoop()
    let timers = LoopTimers(on: loop) { $0() }
    var left: [LoopTimer] = []
    for number in 0..<20_000 {
      let timer = timers.schedule(in: .seconds(Int64(number % 50) + 1)) {}
      if number % 100 == 0 { left.append(timer) } else { timer.cancel() }
      #expect(timers.count <= 2 * left.count + 130)
    }
    loop.advanceTime(by: .seconds(50))
    #expect(timers.count == 0)
    #expect(left.count == 200)
  }

  @Test("are dropped with what they hold when the loop's calls are over")
  func closed() {
    let loop = EmbeddedEventLoop()
    let timers = LoopTimers(on: loop) { $0() }
    final class Held {}
    weak var held: Held?
    var isDone = false
    do {
      let object = Held()
      held = object
      _ = timers.schedule(in: .seconds(1)) {
        isDone = true
        _ = object
      }
    }
    #expect(held != nil)
    timers.close()
    #expect(held == nil)
    loop.advanceTime(by: .seconds(2))
    #expect(!isDone)
  }
}
