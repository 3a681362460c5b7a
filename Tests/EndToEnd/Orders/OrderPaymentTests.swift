import Support
import Testing

/// Payments of a shop's orders, sentence by sentence.
@Suite("The payment of a shop's order", .timeLimit(.minutes(3)))
struct OrderPaymentTests {
  typealias Status = OrderPayment.Status

  @Test("moves on as it may, and in no other way")
  func transitions() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    for from in Status.allCases {
      for to in Status.allCases {
        let payment = try OrderPayment(of: "1", by: one)
        try payment.bring(to: from, by: one)
        let answer = try payment.move(to: to, by: two)
        let isLegal = to.before == from
        #expect(answer.reason == (isLegal ? nil : "CONFLICT"), "\(from) to \(to): \(answer)")
        #expect(try payment.status(by: one) == (isLegal ? to : from))
      }
    }
  }

  @Test("is completed or has failed, never both, whoever says so at the same time")
  func race() throws {
    let shop = try OrderShop()
    let processes = try (0..<6).map { try shop.process($0) }
    for _ in 0..<10 {
      let payment = try OrderPayment(of: "1", by: processes[0])
      try payment.bring(to: .awaitingCallback, by: processes[0])
      let answers = try ConcurrentCalls(processes.map(\.client)).run(
        processes.indices.map { index in
          [payment.change(to: index % 3 == 0 ? .failed : .completed)]
        })
      let won = answers.indices.filter { answers[$0].first?.answer?.reason == nil }
      #expect(won.count == 1)
      #expect(
        answers.joined().compactMap { $0.answer?.reason } == Array(repeating: "CONFLICT", count: 5))
      let wanted: Status = won.first.map { $0 % 3 == 0 } == true ? .failed : .completed
      #expect(try payment.status(by: processes[1]) == wanted)
    }
  }

  @Test("is kept for half an hour from its beginning, however it moves on, and is over then")
  func life() throws {
    let shop = try OrderShop()
    let process = try shop.process()
    let payment = try OrderPayment(of: "1", by: process)
    let first = try payment.get(by: process)["expiresAt"] as? String
    try payment.bring(to: .completed, by: process)
    #expect(try payment.get(by: process)["expiresAt"] as? String == first)
    let brief = try OrderPayment(of: "1", by: process, life: "50ms")
    let isOver = try eventually { try brief.get(by: process).reason == "EXPIRED" }
    #expect(isOver)
    #expect(try brief.move(to: .awaitingCallback, by: process).reason == "EXPIRED")
  }

  @Test("is completed only once the order is paid, wherever the process dies that handles it")
  func dying() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    for (number, place) in [OrderPayment.Place.begun, .stored, .moved].enumerated() {
      let order = "\(number + 1)"
      let payment = try OrderPayment(of: order, by: one)
      try payment.bring(to: .awaitingCallback, by: one)
      let event = OrderPayment.Event(
        id: "WH-\(number)", kind: "CAPTURED", transaction: "T-\(number)")
      #expect(try payment.handle(event, by: one, until: place) == "new 1")
      #expect(
        try payment.status(by: two) == (place == .moved ? .completed : .awaitingCallback))
      let paid = place == .begun ? "unpaid" : "paid"
      #expect(try two.find(order).contains(#""payment":"\#(paid)""#))
      // The provider delivers it again, until it is told that it was handled.
      var told = ""
      let isHandled = try eventually {
        told = try payment.handle(event, by: two)
        return told != "in_progress"
      }
      #expect(isHandled && told == "new 2")
      #expect(try payment.status(by: one) == .completed)
      #expect(try one.find(order).contains(#""payment":"paid""#))
      #expect(try payment.handle(event, by: one) == "completed")
    }
  }

  @Test("has each event handled once, and a later refund of the same transaction too")
  func webhooks() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    let payment = try OrderPayment(of: "1", by: one)
    try payment.bring(to: .awaitingCallback, by: one)
    let captured = OrderPayment.Event(id: "WH-1", kind: "CAPTURED", transaction: "T-1")
    let refunded = OrderPayment.Event(id: "WH-2", kind: "REFUNDED", transaction: "T-1")
    #expect(try payment.handle(captured, by: one) == "new 1")
    #expect(try payment.handle(captured, by: two) == "completed")
    #expect(try two.find("1").contains(#""payment":"paid""#))
    #expect(try payment.handle(refunded, by: two) == "new 1")
    #expect(try one.find("1").contains(#""payment":"refunded""#))
    // A late repetition of the first event brings nothing back.
    for process in [one, two] {
      for event in [captured, refunded] {
        #expect(try payment.handle(event, by: process) == "completed")
      }
      #expect(try process.find("1").contains(#""payment":"refunded""#))
    }
    #expect(try payment.status(by: one) == .completed)
  }
}
