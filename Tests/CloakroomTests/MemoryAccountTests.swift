import CloakroomCore
import Support
import Synchronization
import Testing

@testable import Cloakroom

@Suite("The account of memory", .timeLimit(.minutes(1)))
struct MemoryAccountTests {
  /// A connection that is closed as soon as it is told to.
  private final class Connection: Sendable {
    let share: MemoryShare
    private let account: MemoryAccount
    private let dropped: Mutex<Bool>
    var isDropped: Bool { dropped.withLock(\.self) }

    init(_ id: UInt64, pid: Int32, _ account: MemoryAccount, drops: Drops) {
      self.account = account
      dropped = Mutex(false)
      share = account.open(id, of: Peer(uid: 1, gid: 1, pid: pid)) { drops.add(id) }
    }

    var bytes: Int { share.current.bytes }
    func hold(_ bytes: Int) { account.settle(share, to: bytes) }
    func close() {
      dropped.withLock { $0 = true }
      account.close(share)
    }
  }

  /// Which connections are to be closed.
  private final class Drops: Sendable {
    private let ids = Mutex<[UInt64]>([])
    func add(_ id: UInt64) { ids.withLock { $0.append(id) } }
    func take() -> [UInt64] {
      ids.withLock { ids in
        defer { ids = [] }
        return ids
      }
    }
  }

  private let drops = Drops()

  private func connection(_ id: UInt64, pid: Int32, _ account: MemoryAccount) -> Connection {
    Connection(id, pid: pid, account, drops: drops)
  }

  @Test("has what is held, by process and in all")
  func sums() {
    let account = MemoryAccount(limit: 1000)
    let (first, second) = (connection(1, pid: 7, account), connection(2, pid: 7, account))
    let other = connection(3, pid: 8, account)
    first.hold(100)
    second.hold(50)
    other.hold(120)
    #expect(account.bytes == 270)
    #expect(account.largestHolder == .init(uid: 1, pid: 7, bytes: 150))
    second.hold(10)
    #expect(account.largestHolder == .init(uid: 1, pid: 8, bytes: 120))
    first.close()
    second.close()
    other.close()
    #expect(account.bytes == 0 && account.largestHolder == nil && account.problem == nil)
    #expect(drops.take() == [])
  }

  @Test("refuses one that holds more than its share, and not one that holds less")
  func refusal() {
    let account = MemoryAccount(limit: 640)
    let (large, small) = (connection(1, pid: 7, account), connection(2, pid: 8, account))
    large.hold(500)
    small.hold(100)
    // A little below the limit, so that what is refused makes it necessary to close nobody.
    #expect(account.hasRoom(for: 30, large.share))
    #expect(account.problem == nil)
    #expect(!account.hasRoom(for: 31, large.share))
    #expect(account.hasRoom(for: 31, small.share))
    #expect(account.hasRoom(for: 315, nil))
    #expect(!account.hasRoom(for: 316, nil))
    #expect(account.problem?.contains("pid 7 holds most, 500 bytes") == true)
  }

  @Test("closes the connection that grows, where its process has more than its share")
  func self_() {
    let account = MemoryAccount(limit: 640)
    let (large, small) = (connection(1, pid: 7, account), connection(2, pid: 8, account))
    small.hold(100)
    large.hold(500)
    large.hold(600)
    #expect(drops.take() == [1])
    // Once is enough, and what it still holds is no reason to close others.
    large.hold(700)
    small.hold(200)
    #expect(drops.take() == [])
    large.close()
    #expect(account.bytes == 200)
  }

  @Test("closes a process' largest connection when a small one of it grows")
  func sibling() {
    let account = MemoryAccount(limit: 640)
    let (large, small) = (connection(1, pid: 7, account), connection(2, pid: 7, account))
    large.hold(600)
    small.hold(41)
    #expect(drops.take() == [1])
  }

  @Test("closes the largest connection of the largest process when one grows that holds little")
  func largest() {
    let account = MemoryAccount(limit: 640)
    let many = (1...4).map { connection($0, pid: 7, account) }
    for (place, one) in many.enumerated() { one.hold(100 + place) }
    let (single, small) = (connection(5, pid: 8, account), connection(6, pid: 9, account))
    single.hold(180)
    small.hold(60)
    #expect(drops.take() == [4])
  }

  @Test("counts what all use together")
  func common() {
    let account = MemoryAccount(limit: 640, common: { 600 })
    let one = connection(1, pid: 7, account)
    #expect(!account.hasRoom(for: 41, one.share))
    one.hold(30)
    #expect(drops.take() == [])
    one.hold(50)
    #expect(drops.take() == [1])
  }

  @Test("is full for some seconds after it has refused something")
  func recently() {
    let clock = Mutex(ContinuousClock.now)
    let account = MemoryAccount(limit: 640, now: { clock.withLock(\.self) })
    #expect(account.problem == nil)
    #expect(!account.hasRoom(for: 700, nil))
    #expect(account.problem != nil)
    clock.withLock { $0 += .seconds(4) }
    #expect(account.problem != nil)
    clock.withLock { $0 += .seconds(1) }
    #expect(account.problem == nil)
  }

  @Test(
    "never takes anything from one that holds less than its share",
    arguments: 0..<40 as Range<UInt64>)
  func fairness(_ seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let limit = 64_000
    let account = MemoryAccount(limit: limit)
    var connections: [UInt64: Connection] = [:]
    var owners: [UInt64: Int32] = [:]
    var nextID: UInt64 = 0
    let processes = Int32.random(in: 1...8, using: &random)
    func sum(_ pid: Int32) -> Int {
      connections.filter { owners[$0.key] == pid }.reduce(0) { $0 + $1.value.bytes }
    }
    for _ in 0..<600 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        nextID += 1
        let pid = Int32.random(in: 1...processes, using: &random)
        connections[nextID] = connection(nextID, pid: pid, account)
        owners[nextID] = pid
      case 1:
        guard let id = connections.keys.sorted().randomElement(using: &random) else { continue }
        connections.removeValue(forKey: id)?.close()
      default:
        guard let id = connections.keys.sorted().randomElement(using: &random),
          let one = connections[id]
        else { continue }
        let pid = try #require(owners[id])
        let wanted = Int.random(in: 0..<limit / 4, using: &random) * (pid == 1 ? 4 : 1)
        one.hold(wanted)
        let holders = Set(connections.filter { $0.value.bytes > 0 }.compactMap { owners[$0.key] })
        let fairShare = (limit - limit / 64) / max(1, holders.count)
        let sums = Dictionary(uniqueKeysWithValues: holders.map { ($0, sum($0)) })
        for gone in drops.take() {
          let owner = try #require(owners[gone])
          #expect(try #require(sums[owner]) > fairShare, "pid \(owner) had less than its share")
          // Of its own process' connections the largest, or the one that has grown.
          let largest = connections.filter { owners[$0.key] == owner }.map(\.value.bytes).max()
          #expect(gone == id || connections[gone]?.bytes == largest)
          connections.removeValue(forKey: gone)?.close()
        }
      }
      let all = connections.values.reduce(0) { $0 + $1.bytes }
      #expect(account.bytes == all)
      #expect(all <= limit)
      let most = Set(owners.values).map(sum).max() ?? 0
      #expect(account.largestHolder?.bytes ?? 0 == most)
    }
    for one in connections.values { one.close() }
    #expect(account.bytes == 0 && account.largestHolder == nil)
  }

  @Test("adds up when many threads change it at once")
  func threads() async {
    let account = MemoryAccount(limit: 1 << 40)
    let drops = drops
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          var random = SplitMix(seed: UInt64(task))
          for round in 0..<200 {
            let one = Connection(
              UInt64(task * 1000 + round), pid: Int32(task % 3), account, drops: drops)
            for _ in 0..<20 { one.hold(Int.random(in: 0..<100_000, using: &random)) }
            one.close()
          }
        }
      }
    }
    #expect(account.bytes == 0 && account.largestHolder == nil)
    #expect(account.hasRoom(for: 1 << 39, nil))
  }
}
