import Support
import Testing

/// A payment of an order: a session that remembers how far it is, and the provider's webhooks.
@Suite("The order module's payment", .timeLimit(.minutes(3)))
struct OrderPaymentTests {
  private static let states = ["awaiting_redirect", "awaiting_callback", "completed", "failed"]

  @Test("goes from the redirect to the callback, and from there to its end")
  func flow() throws {
    let stage = try OrderStage()
    for end in ["completed", "failed"] {
      let session = try stage.shops[0].pay(1, total: 19_999)
      for (number, state) in ["awaiting_callback", end].enumerated() {
        let shop = stage.shops[number]
        #expect(try shop.move(session, from: Self.states[number], to: state).result != nil)
      }
      let found = try stage.shops[0].payment(session)
      #expect(found["data", "status"] as? String == end)
      #expect(found["data", "orderTotal"] as? Int == 19_999)
    }
  }

  @Test("takes no step that the rules don't have, from whatever state, and goes back from no end")
  func illegal() throws {
    let stage = try OrderStage()
    let legal = ["awaiting_callback": 0, "completed": 1, "failed": 1]
    for (present, state) in Self.states.enumerated() {
      let session = try stage.shops[0].pay(1, status: state)
      for (next, place) in legal where place != present {
        let refused = try stage.shops[1].move(session, from: Self.states[place], to: next)
        #expect(refused.reason == "CONFLICT", "\(state) to \(next): \(refused)")
        #expect(try stage.shops[0].payment(session)["data", "status"] as? String == state)
      }
    }
  }

  @Test("ends once, when both instances are told of its end at the same time")
  func race() throws {
    let stage = try OrderStage()
    for _ in 0..<20 {
      let session = try stage.shops[0].pay(1, status: "awaiting_callback")
      let ends = ["completed", "failed"]
      for (shop, end) in zip(stage.shops, ends) {
        try shop.client.send(
          OrderModule.request(session, from: "awaiting_callback", to: end))
      }
      let answers = try stage.shops.map { Answer(try $0.client.readLine()) }
      #expect(answers.count { $0.result != nil } == 1, "\(answers)")
      #expect(answers.count { $0.reason == "CONFLICT" } == 1)
      let winner = try #require(answers.firstIndex { $0.result != nil })
      #expect(try stage.shops[0].payment(session)["data", "status"] as? String == ends[winner])
    }
  }

  @Test("is completed only after the order is: an instance that fails in between leaves it open")
  func orderFirst() throws {
    struct Failure: Error {}
    let stage = try OrderStage()
    try stage.shops[0].create(1)
    let session = try stage.shops[0].pay(1, status: "awaiting_callback")
    func state() throws -> [String?] {
      [
        try stage.shops[1].payment(session)["data", "status"] as? String,
        try stage.shops[1].order(1)?["payment"] as? String,
      ]
    }
    let event = PaymentEvent(id: "WH-1", transaction: "T-1", session: session, order: 1)
    #expect(throws: Failure.self) {
      try stage.shops[0].receive(event, beforeOrder: { throw Failure() })
    }
    #expect(try state() == ["awaiting_callback", "unpaid"])
    #expect(throws: Failure.self) {
      try stage.shops[0].receive(event, afterOrder: { throw Failure() })
    }
    #expect(try state() == ["awaiting_callback", "paid"])
    #expect(try stage.shops[1].receive(event) == "new")
    #expect(try state() == ["completed", "paid"])
    #expect(try stage.shops[0].receive(event) == "completed")
    #expect(
      try stage.shops[0].payment(session)["data", "externalTransactionId"] as? String == "T-1")
  }

  @Test("is booked once, however often and wherever its webhook is delivered")
  func duplicates() throws {
    let stage = try OrderStage()
    try stage.shops[0].create(1)
    let session = try stage.shops[0].pay(1, status: "awaiting_callback")
    let event = PaymentEvent(id: "WH-1", transaction: "T-1", session: session, order: 1)
    var inside: [String] = []
    // Both are told while the first is still at it; looking first and setting later would let them in.
    let first = try stage.shops[0].receive(
      event,
      beforeOrder: {
        for shop in stage.shops { inside.append(try shop.receive(event)) }
      })
    #expect(first == "new" && inside == ["in_progress", "in_progress"])
    for shop in stage.shops { #expect(try shop.receive(event) == "completed") }
  }

  @Test("is refunded by a later event of the same transaction, and stays completed")
  func refund() throws {
    let stage = try OrderStage()
    try stage.shops[0].create(1)
    let session = try stage.shops[0].pay(1, status: "awaiting_callback")
    let sale = PaymentEvent(id: "WH-1", transaction: "T-1", session: session, order: 1)
    var refund = sale
    refund.id = "WH-2"
    refund.isRefund = true
    #expect(try stage.shops[0].receive(sale) == "new")
    #expect(try stage.shops[1].receive(refund) == "new")
    for event in [sale, refund] {
      for shop in stage.shops { #expect(try shop.receive(event) == "completed") }
    }
    for shop in stage.shops { #expect(try shop.order(1)?["payment"] as? String == "refunded") }
    #expect(
      try stage.postgres.query("SELECT payment, transaction FROM orders") == "refunded|T-1")
    #expect(try stage.shops[0].payment(session)["data", "status"] as? String == "completed")
  }
}
