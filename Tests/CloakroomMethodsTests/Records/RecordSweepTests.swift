import CloakroomCore
import NIOCore
import Synchronization
import Testing

@testable import CloakroomMethods
@testable import CloakroomStore

@Suite("A round of a sweep", .timeLimit(.minutes(1)))
struct RecordSweepTests {
  /// An index of deadlines that hands out what it is told to, and notes what comes back.
  private final class Index: Sendable {
    let settled = Mutex<[SettleDueNames]>([])
    let taken = Mutex<[TakeDueNames]>([])
    /// What each part hands out.
    let due: @Sendable (DeadlinePart) -> StoreReply

    init(_ due: @escaping @Sendable (DeadlinePart) -> StoreReply) { self.due = due }

    @Sendable func perform(_ commands: [StoreCommand]) -> [StoreReply] {
      commands.map { command in
        switch command {
        case .step(let take as TakeDueNames):
          taken.withLock { $0.append(take) }
          return due(take.part)
        case .step(let settle as SettleDueNames):
          settled.withLock { $0.append(settle) }
          return .step(StepReply(Done(), to: SettleDueNames.self))
        default:
          return .failure(.unexpectedReply)
        }
      }
    }
  }

  private static let configuration = Configuration(socket: .init(path: "/none"))
  private static let parts = DeadlinePart.all(prefix: configuration.keys.prefix)

  private static func name(_ text: String) -> StoreKey { StoreKey(bytes: ByteBuffer(string: text)) }

  private static func due(
    _ names: [String], hold: Int64 = 7, lateMs: Int64 = 0, isMore: Bool = false
  ) -> StoreReply {
    .step(
      StepReply(
        TakeDueNames.Reply(
          names: names.map(name), hold: hold, lateMs: lateMs, isMore: isMore),
        to: TakeDueNames.self))
  }

  @Test("looks at what is due and says when to look again, but not of what it could not look at")
  func looks() async throws {
    let index = Index { part in
      switch part {
      case Self.parts[1]: Self.due(["again", "done"], hold: 11, lateMs: 3)
      case Self.parts[4]: Self.due(["refused", "out", "unknown"], hold: 12, lateMs: 900)
      case Self.parts[8]: Self.due(["last"], hold: 13, lateMs: 5)
      default: Self.due([])
      }
    }
    let asked = Mutex<Set<StoreKey>>([])
    let round = try await RecordSweep(Self.configuration).round(perform: index.perform) { call in
      asked.withLock { _ = $0.insert(call.name) }
      #expect(call.isReading)
      return switch String(buffer: call.name.bytes) {
      case "again": RecordAnswer(.success(ByteBuffer(string: "1234567890123")))
      case "done", "last": RecordAnswer(.success(ByteBuffer()))
      case "refused": RecordAnswer(.failure(.notARecord))
      case "unknown": RecordAnswer(.failure(RPCError(.outcomeUnknown)))
      default: .unavailable
      }
    }
    #expect(asked.withLock { $0.count } == 6)
    #expect(round == RecordSweep.Round(looked: 3, lateMs: 900, isMore: false))
    let settled = index.settled.withLock { $0 }
    #expect(settled.map(\.part) == [Self.parts[1], Self.parts[4], Self.parts[8]])
    #expect(settled.map(\.hold) == [11, 12, 13])
    #expect(
      Set(settled[0].names.map(\.name)) == Set([Self.name("again"), Self.name("done")]))
    for name in settled[0].names {
      #expect(name.nextAtMs == (name.name == Self.name("again") ? 1_234_567_890_123 : nil))
    }
    #expect(settled[1].names.isEmpty)
    #expect(settled[2].names == [SettleDueNames.Settled(Self.name("last"), nextAtMs: nil)])
  }

  @Test("takes from all parts, a round's worth together, and is held longer than it takes")
  func parts() async throws {
    let index = Index { part in Self.due([], isMore: part == Self.parts[3]) }
    let round = try await RecordSweep(Self.configuration).round(perform: index.perform) { _ in
      Issue.record("there is nothing to look at")
      return .unavailable
    }
    #expect(round == RecordSweep.Round())
    let taken = index.taken.withLock { $0 }
    #expect(taken.map(\.part) == Self.parts)
    #expect(taken.map(\.limit).reduce(0, +) <= RecordSweep.roundLength)
    #expect(taken.allSatisfy { $0.limit > 0 && $0.holdMs == RecordSweep.holdMs })
    #expect(index.settled.withLock { $0.isEmpty })
  }

  @Test("says that there is more when a part does")
  func more() async throws {
    let index = Index { Self.due(["a"], isMore: $0 == Self.parts[3]) }
    let round = try await RecordSweep(Self.configuration).round(perform: index.perform) { _ in
      RecordAnswer(.success(ByteBuffer()))
    }
    #expect(round.isMore && round.looked == Self.parts.count)
  }

  @Test("ends when the store can't be asked; what it has in hand others get later")
  func failed() async {
    let index = Index { $0 == Self.parts[2] ? .failure(RPCError(.unavailable)) : Self.due(["a"]) }
    await #expect(throws: RPCError(.unavailable)) {
      try await RecordSweep(Self.configuration).round(perform: index.perform) { _ in
        RecordAnswer(.success(ByteBuffer()))
      }
    }
    #expect(index.settled.withLock { $0.map(\.part) } == [Self.parts[0], Self.parts[1]])
  }
}
