import CloakroomCore
import Testing

@testable import CloakroomObservability

@Suite("The queue of the access log", .timeLimit(.minutes(1)))
struct AccessLogQueueTests {
  private static func records(_ count: Int) -> [CallRecord] {
    (0..<count).map { CallRecord.test(id: "\($0)") }
  }

  @Test(
    "takes as many records as its limit, in whatever batches they come, and not one more",
    arguments: [[10], [9, 1], [4, 4, 2], [1, 9]])
  func records(batches: [Int]) {
    let queue = AccessLogQueue(limit: 10, byteLimit: 1 << 20, linger: .zero)
    for count in batches { #expect(queue.enqueue(Self.records(count)) == 0) }
    #expect(queue.waiting == 10)
    #expect(queue.enqueue(Self.records(1)) == 1)
    #expect(queue.enqueue(Self.records(3)) == 3)
    #expect(queue.counts.droppedByQueue == 4)
    #expect(queue.next().batches.map(\.count) == batches)
    queue.settle(records: 1, weight: Self.records(1)[0].weight, written: 1, dropped: 0)
    #expect(queue.enqueue(Self.records(3)) == 2)
    #expect(queue.waiting == 10)
  }

  @Test("takes the first of a batch that fit, and as many bytes as its limit", arguments: [0, 1])
  func bytes(missing: Int) {
    let record = CallRecord.test(id: "a")
    let queue = AccessLogQueue(limit: 100, byteLimit: 3 * record.weight - missing, linger: .zero)
    #expect(queue.enqueue([record, record, record, record]) == 1 + missing)
    #expect(queue.waiting == 3 - missing)
    let exact = AccessLogQueue(limit: 100, byteLimit: 3 * record.weight - missing, linger: .zero)
    #expect(exact.enqueue([record, record, record]) == missing)
  }
}
