import CloakroomClient

/// Reads and writes of values, which were all written before.
struct KeyValueLoad: BenchLoad {
  private let loop: LoadLoop
  private let work: LoadWork
  private let operations: [LoadWork.Operation]

  /// Connects, and writes the values.
  init(
    _ operations: [LoadWork.Operation], _ work: LoadWork, on loop: LoadLoop
  ) throws(LoadFault) {
    self.operations = operations
    self.work = work
    self.loop = loop
    let result = try loop.run(.set, work, until: once)
    guard let error = result.firstError else { return }
    // Some may have been written; that they weren't all is what is told.
    try? remove()
    throw .refused(error)
  }

  private var once: LoadLimit { LoadLimit(requests: work.keyCount, order: .sequential) }

  func run(
    _ operation: Int, until limit: LoadLimit, goesOn: (_ done: Int, _ seconds: Double) -> Bool
  ) throws(LoadFault) -> LoadResult {
    try loop.run(operations[operation], work, until: limit, goesOn: goesOn)
  }

  func remove() throws(LoadFault) { _ = try loop.run(.remove, work, until: once) }
}
