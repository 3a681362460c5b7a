import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("The state of a link", .timeLimit(.minutes(1)))
struct RedisLinkStateTests {
  /// What happens to a link.
  enum Event { case ready, lost, close }

  typealias Action = RedisLinkState.Action

  /// What a link does about events, and where that leaves it.
  static func follow(
    _ events: [Event], shortest: TimeAmount = .milliseconds(50), longest: TimeAmount = .seconds(2)
  ) -> (actions: [Action], phase: RedisLinkState.Phase, failures: Int) {
    var state = RedisLinkState(shortestBackoff: shortest, longestBackoff: longest)
    var actions: [Action] = []
    for event in events {
      switch event {
      case .ready: actions.append(state.becameReady())
      case .lost: actions.append(state.lost())
      case .close: actions.append(state.close())
      }
    }
    return (actions, state.phase, state.failures)
  }

  static func retry(_ milliseconds: Int64) -> Action {
    .refuseAndRetry(within: .milliseconds(milliseconds))
  }

  /// Events, what is done about each, and the phase and failures that remain.
  static let courses: [([Event], [Action], RedisLinkState.Phase, Int)] = [
    ([], [], .connecting, 0), ([.ready], [.send], .ready, 0),
    // A connection that stood is made anew at once, and commands wait for it.
    ([.ready, .lost], [.send, .connect], .connecting, 0),
    ([.ready, .lost, .ready], [.send, .connect, .send], .ready, 0),
    // One that does not come about refuses commands until it does.
    ([.lost], [retry(50)], .down, 1), ([.lost, .lost], [retry(50), retry(100)], .down, 2),
    ([.lost, .ready], [retry(50), .send], .ready, 0),
    ([.ready, .lost, .lost], [.send, .connect, retry(50)], .down, 1),
    // Success makes the next wait short again.
    (
      [.lost, .lost, .lost, .ready, .lost, .lost],
      [retry(50), retry(100), retry(200), .send, .connect, retry(50)], .down, 1
    ),
    // What comes after the end changes nothing.
    ([.close], [.refuse], .closed, 0), ([.ready, .close], [.send, .refuse], .closed, 0),
    ([.lost, .close], [retry(50), .refuse], .closed, 1),
    ([.ready, .lost, .close], [.send, .connect, .refuse], .closed, 0),
    ([.close, .ready, .lost, .close], [.refuse, .none, .none, .none], .closed, 0),
  ]

  @Test("leads from event to event", arguments: courses)
  func transitions(
    events: [Event], actions: [Action], phase: RedisLinkState.Phase, failures: Int
  ) {
    let end = Self.follow(events)
    #expect(end.actions == actions)
    #expect(end.phase == phase)
    #expect(end.failures == failures)
  }

  @Test("doubles the wait with each failure, up to the longest")
  func backoff() {
    let waits = Self.follow(Array(repeating: .lost, count: 9)).actions
    let expected: [Int64] = [50, 100, 200, 400, 800, 1600, 2000, 2000, 2000]
    #expect(waits == expected.map(Self.retry))
  }

  @Test(
    "never waits longer than the longest, whatever is configured and however often it fails",
    arguments: [
      (.milliseconds(50), .seconds(2)), (.nanoseconds(1), .nanoseconds(1)),
      (.nanoseconds(.max), .seconds(1)), (.nanoseconds(.max / 3), .nanoseconds(.max)),
      (.zero, .zero), (.seconds(5), .seconds(1)),
    ] as [(TimeAmount, TimeAmount)])
  func bounds(shortest: TimeAmount, longest: TimeAmount) {
    let end = Self.follow(
      Array(repeating: .lost, count: 200), shortest: shortest, longest: longest)
    var last = TimeAmount.zero
    for action in end.actions {
      guard case .refuseAndRetry(let wait) = action else {
        Issue.record("no wait")
        return
      }
      #expect(wait >= last)
      #expect(wait <= longest)
      last = wait
    }
    #expect(end.failures == 200)
  }
}
