/// Finds something out once for all who ask meanwhile, as Go's `singleflight` does: at most one search is under way, and
/// one is to come, for those who have asked since that began. So nobody is told what was so before the question.
actor SingleFlight<Value: Sendable> {
  private let find: @Sendable () async -> Value
  private var current: Task<Value, Never>?
  private var next: Task<Value, Never>?

  /// - Parameter find: how to find it out.
  init(_ find: @escaping @Sendable () async -> Value) { self.find = find }

  /// What is found after this was asked.
  func value() async -> Value {
    if let next { return await next.value }
    let before = current
    let task = Task {
      _ = await before?.value
      current = next
      next = nil
      return await find()
    }
    next = task
    return await task.value
  }
}
