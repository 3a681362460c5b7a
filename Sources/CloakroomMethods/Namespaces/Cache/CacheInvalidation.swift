internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// An invalidation of keys and tags.
struct CacheInvalidation: Sendable {
  let keys: [StoreKey]
  let tags: [String]
  let isSoft: Bool
  let names: CacheNames

  private var calls: [RecordCall] {
    keys.map { CacheCall(key: $0, names: names).invalidation(isSoft: isSoft) }
  }

  /// How many tags are raised in one step: some three hundred take Redis a millisecond.
  private static let mostTags = 300

  private var steps: [StoreCommand] {
    stride(from: 0, to: tags.count, by: Self.mostTags).map { start in
      let tags = tags[start...].prefix(Self.mostTags).map { names.tag($0) }
      return .step(InvalidateCacheTags(names.counter, tags, isSoft: isSoft))
    }
  }

  /// How it begins: all at once, so that what the connection asks next finds it done.
  ///
  /// - Parameter keepsAnswer: whether the call has an idempotency key: then all of it is done, and its answer
  ///   kept. One that was cut before is done again as a whole, which does no harm.
  func opening(keepsAnswer: Bool) -> Opening {
    if keepsAnswer { return .run { context throws(RPCError) in try await kept(context) } }
    guard !keys.isEmpty || !tags.isEmpty else { return .answer(result) }
    return .records(calls, steps) { answers, replies, context, result throws(RPCError) in
      try check(answers.map(\.result), replies)
      count(context)
      result.writeImmutableBuffer(self.result)
    }
  }

  private func kept(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    try await context.keepingAnswer { () async throws(RPCError) in
      var replies: [StoreReply] = []
      for step in steps {
        replies.append(await context.perform(step))
        try check([], replies)
      }
      var results: [Result<ByteBuffer, RPCError>] = []
      for call in calls {
        do throws(RPCError) {
          results.append(.success(try await context.run(call)))
        } catch {
          results.append(.failure(error))
          break
        }
      }
      try check(results, replies)
      count(context)
      return result
    }
  }

  /// - Throws: why it was not done; OUTCOME_UNKNOWN when a part of it was. It can be repeated in any case.
  private func check(
    _ results: [Result<ByteBuffer, RPCError>], _ replies: [StoreReply]
  ) throws(RPCError) {
    var failures: [RPCError] = []
    for case .failure(let error) in results { failures.append(error) }
    for case .failure(let error) in replies { failures.append(error) }
    guard let first = failures.first else { return }
    let isWhole = failures.count == results.count + replies.count
    guard isWhole, failures.allSatisfy({ $0.reason == first.reason }) else {
      throw .halfDone(first)
    }
    throw first
  }

  private func count(_ context: CallContext) {
    context.count(CacheEvent.invalidatedKey, times: UInt64(keys.count))
    context.count(CacheEvent.invalidatedTag, times: UInt64(tags.count))
  }

  private var result: ByteBuffer {
    var result = ByteBuffer()
    result.writeStaticString("{\"keys\":")
    result.writeDecimal(Int64(keys.count))
    result.writeStaticString(",\"tags\":")
    result.writeDecimal(Int64(tags.count))
    result.writeStaticString("}")
    return result
  }
}
