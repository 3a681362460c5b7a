import Support
import Testing

/// The caches of a shop's orders, as its developers describe them.
@Suite("The order module's cache", .timeLimit(.minutes(3)))
struct OrderCacheTests {
  @Test("gives an order to both instances after one has read it, for five minutes")
  func order() throws {
    let stage = try OrderStage()
    _ = try stage.postgres.query(
      "INSERT INTO orders (id, organization, status, total) VALUES (1, 'acme', 'open', 7)")
    for shop in stage.shops + stage.shops { #expect(try shop.order(1)?["total"] as? Int == 7) }
    #expect(stage.shops.map(\.readings) == [1, 0])
    let life = try stage.redis.command(["PTTL", "cloakroom:default:cache:order:1"])
    // Up to a tenth less, so that what was set together doesn't miss together.
    let lifeMs = try #require(Int(life.filter(\.isNumber)), "\(life)")
    #expect((200_000...300_000).contains(lifeMs), "\(life)")
  }

  @Test("has an order at once after it was made or changed: nobody reads it first")
  func writeThrough() throws {
    let stage = try OrderStage()
    try stage.shops[0].create(1, total: 100)
    #expect(try stage.shops[1].order(1)?["total"] as? Int == 100)
    try stage.shops[1].update(1, "total = 200, status = 'sent'")
    for shop in stage.shops {
      let order = try #require(try shop.order(1))
      #expect(order["total"] as? Int == 200 && order["status"] as? String == "sent")
      #expect(shop.readings == 0)
    }
  }

  @Test("has the later of two changes, though its writer brought it first")
  func writers() throws {
    let stage = try OrderStage()
    try stage.shops[0].create(1, total: 100)
    try stage.shops[0].update(1, "total = 200") {
      try stage.shops[1].update(1, "total = 300")
    }
    for shop in stage.shops {
      #expect(try shop.order(1)?["total"] as? Int == 300)
      #expect(shop.readings == 0)
    }
  }

  @Test("has voided an order when one of its products has changed")
  func product() throws {
    let stage = try OrderStage()
    for id in [1, 2] { try stage.shops[0].create(id) }
    try stage.shops[0].setPrice(250, ofProduct: 1, in: 1)
    let order = try #require(try stage.shops[1].order(1))
    #expect(order["total"] as? Int == 250 && order["products"] as? [Int] == [250])
    #expect(try stage.shops[1].order(2)?["total"] as? Int == 100)
    #expect(stage.shops[1].readings == 1, "the other order was voided as well")
  }

  @Test("forgets an order that was deleted, and remembers that there is none until there is")
  func hardDelete() throws {
    let stage = try OrderStage()
    try stage.shops[0].create(1)
    #expect(try stage.shops[1].list(#"{"page":1}"#) == [1])
    try stage.shops[0].hardDelete(1)
    for shop in stage.shops { #expect(try shop.order(1) == nil) }
    #expect(try stage.shops[1].list(#"{"page":1}"#) == [])
    #expect(stage.shops.map(\.readings) == [1, 2], "that there is none was read twice")
    try stage.shops[0].create(1, total: 5)
    #expect(try stage.shops[1].order(1)?["total"] as? Int == 5)
  }

  @Test("voids every list and page whose key nobody can name, at each kind of change")
  func lists() throws {
    let stage = try OrderStage()
    let (writer, reader) = (stage.shops[0], stage.shops[1])
    let filters = [#"{"page":1}"#, #"{"page":2}"#, #"{"page":1,"status":"open"}"#]
    func lists() throws -> [[Int]] { try filters.map { try reader.list($0) } }
    #expect(try lists() == [[], [], []])
    for id in 1...3 { try writer.create(id) }
    #expect(try lists() == [[1, 2], [3], [1, 2]])
    try writer.update(1, "status = 'sent'")
    #expect(try lists() == [[1, 2], [3], [2, 3]])
    try writer.hardDelete(2)
    #expect(try lists() == [[1, 3], [], [3]])
    #expect(reader.readings == 12)
    #expect(try lists() == [[1, 3], [], [3]])
    #expect(reader.readings == 12)
  }

  @Test("needs no search of Redis' keys to void lists")
  func noSearch() throws {
    let stage = try OrderStage()
    _ = try stage.redis.command(["CONFIG", "RESETSTAT"])
    for page in 1...20 { _ = try stage.shops[1].list(#"{"page":\#(page)}"#) }
    try stage.shops[0].create(1)
    #expect(try stage.shops[1].list(#"{"page":1}"#) == [1])
    let commands = try stage.redis.command(["INFO", "commandstats"])
    #expect(commands.contains("cmdstat_get:"))
    #expect(!commands.contains("cmdstat_keys:") && !commands.contains("cmdstat_scan:"))
  }

  @Test("takes filters for the same, whatever the order of their members")
  func filterOrder() throws {
    let stage = try OrderStage()
    try stage.shops[0].create(1)
    for filters in [
      #"{"status":"open","page":1}"#, #"{"page":1,"status":"open"}"#,
      #"{ "page" : 1.0, "status" : "op\u0065n" }"#,
    ] {
      #expect(try stage.shops[0].list(filters) == [1])
    }
    #expect(stage.shops[0].readings == 1)
    #expect(try stage.shops[0].list(#"{"status":"sent","page":1}"#) == [])
  }

  @Test("has statistics by organization and of all, and makes them anew after each change")
  func statistics() throws {
    let stage = try OrderStage()
    let (writer, reader) = (stage.shops[0], stage.shops[1])
    try writer.create(1, total: 100)
    try writer.create(2, organization: "globex", total: 50)
    func totals() throws -> [[Int]] {
      try ["acme", "globex", nil].map { organization in
        let found = try reader.statistics(organization)
        return ["totalOrders", "totalRevenue", "averageOrderValue"].map { found[$0] as? Int ?? -1 }
      }
    }
    #expect(try totals() == [[1, 100, 100], [1, 50, 50], [2, 150, 75]])
    #expect(try totals() == [[1, 100, 100], [1, 50, 50], [2, 150, 75]])
    #expect(reader.readings == 3)
    try writer.create(3, total: 300)
    #expect(try totals() == [[2, 400, 200], [1, 50, 50], [3, 450, 150]])
    try writer.update(2, "status = 'sent', payment = 'paid'")
    let all = try reader.statistics()
    #expect(all["ordersByStatus", "open"] as? Int == 2)
    #expect(all["ordersByStatus", "sent"] as? Int == 1)
    #expect(all["ordersByPaymentStatus", "paid"] as? Int == 1)
    try writer.hardDelete(1)
    #expect(try totals() == [[1, 300, 300], [1, 50, 50], [2, 350, 175]])
  }

  @Test("gets nothing old back from a slow reader, neither an order nor a list")
  func slowReader() throws {
    let stage = try OrderStage()
    let (writer, reader) = (stage.shops[0], stage.shops[1])
    try writer.create(1, total: 1)
    try writer.setPrice(2, ofProduct: 1, in: 1)
    // What it has read before the change is the answer to its own call, and stays in no cache.
    let slow = try reader.order(1) { try writer.setPrice(3, ofProduct: 1, in: 1) }
    #expect(slow?["total"] as? Int == 2)
    for shop in stage.shops { #expect(try shop.order(1)?["total"] as? Int == 3) }
    let written = try reader.order(9) { try writer.create(9, total: 4) }
    #expect(written == nil)
    for shop in stage.shops { #expect(try shop.order(9)?["total"] as? Int == 4) }
    #expect(try reader.list(#"{"page":1}"#) { try writer.create(5) } == [1, 9])
    for shop in stage.shops { #expect(try shop.list(#"{"page":1}"#) == [1, 5]) }
  }
}
