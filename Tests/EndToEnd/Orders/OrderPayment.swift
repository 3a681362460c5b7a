import Support
import Testing

/// The payment of an order at a provider that the buyer is sent to, and that tells of it by webhooks.
struct OrderPayment {
  /// How a payment stands.
  enum Status: String, CaseIterable {
    case awaitingRedirect = "awaiting_redirect"
    case awaitingCallback = "awaiting_callback"
    case completed, failed

    /// The only status that it may come after; nil for the first.
    var before: Status? {
      switch self {
      case .awaitingRedirect: nil
      case .awaitingCallback: .awaitingRedirect
      case .completed, .failed: .awaitingCallback
      }
    }
  }

  /// What a provider tells of.
  struct Event {
    let id: String
    let kind: String
    let transaction: String
  }

  /// Where a process that handles an event stops, as if it had died there.
  enum Place {
    case begun, stored, moved, ended
  }

  let session: String
  let order: String

  /// Begins a payment, for half an hour.
  init(of order: String, by process: OrderProcess, life: String = "30m") throws {
    let created = try process.client.call(
      "session.create",
      #"{"ttl":"\#(life)","data":{"orderId":"\#(order)","orderTotal":10.50,"paymentGateway":"paypal","status":"awaiting_redirect"}}"#
    )
    session = try #require(created["sessionId"] as? String, "\(created)")
    self.order = order
  }

  /// What moves the payment on, if it stands where it may come from.
  func change(to status: Status, _ more: String = "") -> (method: String, params: String) {
    // Nothing comes before the first: what nothing fits refuses it.
    let condition =
      status.before.map {
        #"{"required":["status"],"properties":{"status":{"const":"\#($0.rawValue)"}}}"#
      } ?? "false"
    return (
      "session.update",
      #"{"sessionId":"\#(session)","patch":{"status":"\#(status.rawValue)"\#(more)},"onlyIf":\#(condition)}"#
    )
  }

  func move(to status: Status, _ more: String = "", by process: OrderProcess) throws -> Answer {
    let change = change(to: status, more)
    return try process.client.call(change.method, change.params)
  }

  /// Brings it where a test wants it.
  func bring(to status: Status, by process: OrderProcess) throws {
    guard let before = status.before else { return }
    try bring(to: before, by: process)
    let answer = try move(to: status, by: process)
    #expect(answer.reason == nil, "\(answer)")
  }

  func get(by process: OrderProcess) throws -> Answer {
    try process.client.call("session.get", #"{"sessionId":"\#(session)"}"#)
  }

  func status(by process: OrderProcess) throws -> Status? {
    (try get(by: process)["data", "status"] as? String).flatMap(Status.init)
  }

  /// Handles an event once: by the event's own id, as a refund comes under the payment's transaction too. The
  /// order is updated first, and the payment moves on after that.
  ///
  /// - Returns: what the guard has said, and which try it was.
  func handle(
    _ event: Event, by process: OrderProcess, until place: Place = .ended
  ) throws -> String {
    let key = "paypal:\(event.id)"
    let begun = try process.client.begin(key, #","lockTtl":"300ms""#)
    guard let receipt = begun["receipt"] as? String else {
      return try #require(begun["status"] as? String, "\(begun)")
    }
    let told = "new \(begun["attempt"] as? Int ?? 0)"
    if place == .begun { return told }
    let isRefund = event.kind == "REFUNDED"
    try process.update(
      order,
      "payment = '\(isRefund ? "refunded" : "paid")', transaction = '\(event.transaction)'")
    if place == .stored { return told }
    if !isRefund {
      let moved = try move(
        to: .completed, #","externalTransactionId":"\#(event.transaction)""#, by: process)
      if moved.reason != nil {
        // An earlier try has moved it.
        #expect(moved.reason == "CONFLICT", "\(moved)")
        #expect(try status(by: process) == .completed)
      }
    }
    if place == .moved { return told }
    try process.client.complete(key, receipt, "true")
    return told
  }
}
