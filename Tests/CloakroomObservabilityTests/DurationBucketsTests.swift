import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct DurationBucketsTests {
  @Test(
    "A duration is counted in the first bucket whose bound it doesn't exceed",
    arguments: [
      (0, 0), (25_000, 0), (25_001, 1), (50_000, 1), (50_001, 2), (100_000, 2), (250_000, 3),
      (500_000, 4), (500_001, 5), (1_000_000, 5), (1_000_001, 6), (10_000_000_000, 17),
      (10_000_000_001, 18), (UInt64.max, 18),
    ] as [(UInt64, Int)])
  func edges(nanoseconds: UInt64, bucket: Int) {
    #expect(DurationBuckets.index(nanoseconds: nanoseconds) == bucket)
  }

  @Test("Every bound and the nanosecond past it fall on both sides of one edge")
  func everyBound() {
    for (index, bound) in DurationBuckets.bounds.enumerated() {
      #expect(DurationBuckets.index(nanoseconds: bound) == index)
      #expect(DurationBuckets.index(nanoseconds: bound + 1) == index + 1)
    }
  }

  @Test("The labels say the bounds in seconds, in ascending order")
  func labels() {
    #expect(DurationBuckets.bounds == DurationBuckets.bounds.sorted())
    #expect(
      DurationBuckets.labels.compactMap(Double.init)
        == DurationBuckets.bounds.map { Double($0) / 1e9 })
    #expect(DurationBuckets.count == DurationBuckets.bounds.count + 1)
  }
}
