import CloakroomClient

/// A load on one server that can be run again and again.
protocol BenchLoad {
  /// Runs it up to a limit, reporting as `LoadLoop.run` does.
  ///
  /// - Parameter operation: which of the subject's operations.
  func run(
    _ operation: Int, until limit: LoadLimit, goesOn: (_ done: Int, _ seconds: Double) -> Bool
  ) throws(LoadFault) -> LoadResult

  /// Takes away what it has left in the server.
  func remove() throws(LoadFault)
}

extension EventLoad: BenchLoad {
  /// It has one operation.
  func run(
    _ operation: Int, until limit: LoadLimit, goesOn: (_ done: Int, _ seconds: Double) -> Bool
  ) throws(LoadFault) -> LoadResult {
    try run(until: limit, goesOn: goesOn)
  }

  /// Nothing stays of an event.
  func remove() {}
}

extension StreamLoad: BenchLoad {
  /// It has one operation.
  func run(
    _ operation: Int, until limit: LoadLimit, goesOn: (_ done: Int, _ seconds: Double) -> Bool
  ) throws(LoadFault) -> LoadResult {
    try run(until: limit, goesOn: goesOn)
  }
}
