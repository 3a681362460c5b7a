internal import Support
internal import Testing

/// What a payment provider tells of.
struct PaymentEvent {
  /// The event's own id, which is another one for each event of a transaction.
  var id: String
  var transaction: String
  var session: String
  var order: Int
  var isRefund = false
}

extension OrderModule {
  /// Begins a payment; answers its session's id.
  func pay(_ order: Int, total: Int = 100, status: String = "awaiting_redirect") throws -> String {
    let answer = try client.call(
      "session.create",
      #"{"data":{"orderId":\#(order),"orderTotal":\#(total),"paymentGateway":"paypal","status":"\#(status)"},"ttl":"30m"}"#
    )
    return try #require(answer["sessionId"] as? String, "\(answer)")
  }

  /// A payment as it is.
  func payment(_ session: String) throws -> Answer {
    try client.call("session.get", #"{"sessionId":"\#(session)"}"#)
  }

  /// Lets a payment go on, if it is where it is thought to be.
  func move(
    _ session: String, from present: String, to next: String, _ more: String = ""
  ) throws -> Answer {
    try client.send(Self.request(session, from: present, to: next, more))
    return Answer(try client.readLine())
  }

  /// The request of `move`.
  static func request(
    _ session: String, from present: String, to next: String, _ more: String = ""
  ) -> String {
    LineClient.request(
      "session.update",
      #"{"sessionId":"\#(session)","patch":{"status":"\#(next)"\#(more)},"onlyIf":{"required":["status"],"properties":{"status":{"const":"\#(present)"}}}}"#
    )
  }

  /// Takes a webhook, and does what it asks for unless that is done or under way; answers how it was.
  ///
  /// - Parameters:
  ///   - beforeOrder: is done before the order is changed; an error is what an instance fails by.
  ///   - afterOrder: is done between the order's change and the session's.
  func receive(
    _ event: PaymentEvent, beforeOrder: () throws -> Void = {}, afterOrder: () throws -> Void = {}
  ) throws -> String {
    let key = "paypal:\(event.id)"
    let begun = try client.begin(key)
    let status = try #require(begun["status"] as? String, "\(begun)")
    guard status == "new" else { return status }
    let receipt = try #require(begun["receipt"] as? String)
    do {
      try beforeOrder()
      // The order's own record says that it only goes forward.
      try update(
        event.order,
        event.isRefund
          ? "payment = 'refunded'"
          : "payment = CASE payment WHEN 'unpaid' THEN 'paid' ELSE payment END, transaction = '\(event.transaction)'"
      )
      try afterOrder()
      if !event.isRefund {
        let more =
          #","externalTransactionId":"\#(event.transaction)","webhookData":{"id":"\#(event.id)"}"#
        let moved = try move(event.session, from: "awaiting_callback", to: "completed", more)
        #expect(moved.result != nil, "\(moved)")
      }
    } catch {
      _ = try client.hand("fail", key, receipt)
      throw error
    }
    try client.complete(key, receipt, "true")
    return status
  }
}
