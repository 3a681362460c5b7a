import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@Suite("A scan of the store in memory", .timeLimit(.minutes(1)))
struct MemoryScanTests {
  static let all = ByteBuffer()
  /// Nothing was found, and all has been looked at.
  static let nothing: Result<ScanNames.Reply, RPCError> = .success(
    ScanNames.Reply(names: [], next: 0))

  @Test("finds each name once when nothing changes, and ends at once in an empty store")
  func once() {
    let store = MemoryStore(byteLimit: 1 << 24, isScannable: true)
    #expect(store.step(ScanNames(prefix: Self.all, from: 0, count: 1)) == Self.nothing)
    for number in 0..<5000 { #expect(store.put("\(number)", bytes: 1, .never) == .done) }
    var found: [StoreKey] = []
    var position: UInt64 = 0
    repeat {
      guard
        case .success(let part) = store.step(
          ScanNames(prefix: Self.all, from: position, count: 7))
      else {
        Issue.record("the scan failed")
        return
      }
      // Nothing may be left behind the last name.
      #expect(!part.names.isEmpty || part.next == 0)
      #expect(part.next == 0 || part.next > position)
      found += part.names
      position = part.next
    } while position != 0
    #expect(found.count == 5000)
    #expect(Set(found).count == 5000)
  }

  @Test(
    "takes no position that it can't have answered with", arguments: [35 * 4096, .max] as [UInt64])
  func positions(position: UInt64) {
    let store = MemoryStore(byteLimit: 1 << 20, isScannable: true)
    guard
      case .failure(let error) = store.step(ScanNames(prefix: Self.all, from: position, count: 1))
    else {
      Issue.record("the position was taken")
      return
    }
    #expect(error.reason == .invalidParams)
    #expect(
      store.step(ScanNames(prefix: Self.all, from: 65_535, count: 1)) == Self.nothing)
  }

  @Test("is refused where no index is kept")
  func off() {
    let store = MemoryStore(byteLimit: 1 << 20)
    guard case .failure(let error) = store.step(ScanNames(prefix: Self.all, from: 0, count: 1))
    else {
      Issue.record("there is no index")
      return
    }
    #expect(error.reason == .storeRefused)
  }
}
