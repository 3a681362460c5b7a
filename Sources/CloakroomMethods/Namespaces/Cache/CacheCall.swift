internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// A call on a cache's key.
struct CacheCall: Sendable {
  let key: StoreKey
  let names: CacheNames

  /// One step, and that is all.
  func opening(
    _ step: CacheStep, answer: @escaping RecordCall.Write<CacheRecord>
  ) -> Opening {
    .record(call(step, answer: answer))
  }

  private func call(
    _ step: CacheStep, answer: @escaping RecordCall.Write<CacheRecord>
  ) -> RecordCall {
    RecordCall(CacheRecord.self, key, CacheRequest(step, names), answer: answer)
  }

  /// An invalidation, whose answer says nothing.
  ///
  /// One of several of a call that may be repeated: it is the call's answer that is kept.
  func invalidation(isSoft: Bool) -> RecordCall {
    RecordCall(
      CacheRecord.self, key, CacheRequest(.invalidate(isSoft: isSoft), names), keepsAnswer: false
    ) { _, _ throws(RPCError) in nil }
  }

  // MARK: Reading

  /// Reads the value, and waits for the one who makes it if there is none.
  ///
  /// Those who wait are woken by a message on the key's name, in the order in which they came to a loop, and
  /// look again; and when the lease is over, whose holder may have died.
  func get(_ look: CacheLook, waitMs: Int64) -> Opening {
    let patience = Patience(waitMs: waitMs)
    return .record(
      looking(look, mayWait: patience.isAny),
      otherwise: { error in
        guard error.isUnderWay else { return nil }
        return { context throws(RPCError) in
          // Without the store nobody else makes the value either.
          try await patience.wait(on: key, sitsOutOutages: false, context) {
            isLast throws(RPCError) in
            try await context.run(looking(look, mayWait: !isLast))
          }
        }
      })
  }

  /// - Parameter mayWait: whether that another has the lease is no answer yet, but a reason to wait.
  private func looking(_ look: CacheLook, mayWait: Bool) -> RecordCall {
    // A receipt of the caller's own making may be another call's too, which goes on.
    let isOwn = if case .receipt = look.wish { true } else { false }
    let undo: @Sendable (RecordAnswer) -> RecordCall? = { answer in
      Self.lease(in: answer).map { releasing($0) }
    }
    return RecordCall(
      CacheRecord.self, key, CacheRequest(.get(look), names),
      otherwise: { error throws(RPCError) in
        // Nothing but a lease that ends by itself.
        throw error.reason == .outcomeUnknown ? RPCError(.unavailable) : error
      },
      undo: isOwn ? nil : undo
    ) { outcome, result throws(RPCError) in
      switch outcome {
      case .busy(let restMs) where mayWait: throw .underWay(restMs: restMs)
      case .busy:
        try result.write(.nothing, lease: nil)
        return Self.tally(.miss, isLeased: false)
      case .found(let finding, let lease):
        try result.write(finding, lease: lease)
        return Self.tally(finding.status, isLeased: lease != nil)
      case .stored, .lost, .released, .invalidated:
        throw .unexpectedReply
      }
    }
  }

  private func releasing(_ receipt: String) -> RecordCall {
    call(.release(lease: Receipt.digest(of: receipt))) { _, _ throws(RPCError) in nil }
  }

  /// The lease that an answer has given.
  private static func lease(in answer: RecordAnswer) -> String? {
    guard case .success(let result) = answer.result,
      let node = try? JSONNode(Array(result.readableBytesView))
    else { return nil }
    return node["lease"]?.string
  }

  private static func tally(_ status: CacheFinding.Status, isLeased: Bool) -> Tally {
    switch (status, isLeased) {
    case (.hit, false): { $0.count(CacheEvent.hit) }
    case (.stale, false): { $0.count(CacheEvent.stale) }
    case (.negative, false): { $0.count(CacheEvent.negative) }
    case (.miss, false): { $0.count(CacheEvent.miss) }
    case (_, true):
      { context in
        tally(status, isLeased: false)(context)
        context.count(CacheEvent.leased)
      }
    }
  }
}

extension ByteBuffer {
  /// Writes what `cache.get` has found.
  fileprivate mutating func write(_ finding: CacheFinding, lease: String?) throws(RPCError) {
    switch finding.status {
    case .hit: try writeStored(finding.value, after: "{\"status\":\"hit\",\"value\":")
    case .stale: try writeStored(finding.value, after: "{\"status\":\"stale\",\"value\":")
    case .negative: try writeStored(finding.value, after: "{\"status\":\"negative\",\"value\":")
    case .miss: writeStaticString("{\"status\":\"miss\",\"value\":null")
    }
    if finding.status != .miss {
      writeStaticString(",\"ageMs\":")
      writeDecimal(finding.ageMs)
    }
    if let lease {
      writeStaticString(",\"lease\":")
      writeJSONString(lease)
    }
    writeStaticString("}")
  }
}
