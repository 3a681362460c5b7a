import Support
import Testing

/// The caches of a shop's orders, sentence by sentence.
@Suite("The caches of a shop's orders", .timeLimit(.minutes(3)))
struct OrderCacheTests {
  @Test("An order is cached for five minutes after it was fetched, for every process")
  func order() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    let order = try one.find("1")
    #expect(order.contains(#""payment":"unpaid""#) && order.contains(#""ink":10.50"#))
    #expect(try one.find("1") == order)
    #expect(try two.find("1") == order)
    #expect(one.reads == 1 && two.reads == 0)
    let life = try shop.redis.command(["PTTL", "cloakroom:default:cache:order:1"])
    #expect((200_000...300_000).contains(Int(life) ?? 0), "\(life)")
  }

  @Test("An order is set after it was created or updated: nobody reads it from the database")
  func writeThrough() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    _ = try two.find("1")
    try one.update("1", "status = 'sent'")
    #expect(try two.find("1").contains(#""status":"sent""#))
    try one.create("4", organization: "acme")
    #expect(try two.find("4").contains(#""id":"4""#))
    #expect(two.reads == 1)
  }

  @Test("An order that is deleted, or removed for good, comes from no cache")
  func deleted() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    for id in ["1", "2"] { _ = try two.find(id) }
    try one.delete("1")
    #expect(try two.find("1").contains(#""status":"deleted""#))
    try one.hardDelete("2")
    for process in [one, two] { #expect(try process.find("2") == "null") }
    // That there is none is remembered, until there is one.
    #expect(one.reads + two.reads == 3)
    try one.create("2", organization: "acme")
    #expect(try two.find("2").contains(#""id":"2""#))
  }

  @Test("An order is void when one of its products changes, and so are the statistics")
  func product() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    _ = try two.find("1")
    #expect(try two.statistics("acme").contains(#""revenue":30.50"#))
    try one.price("ink", of: "1", "11")
    #expect(try two.find("1").contains(#""ink":11"#))
    #expect(try two.statistics("acme").contains(#""revenue":31"#))
  }

  @Test("Every list may change with a new order, a changed one and one that is gone")
  func lists() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    let filters = [#"{}"#, #"{"organization":"acme"}"#, #"{"status":"open"}"#]
    func lists() throws -> [String] { try filters.map { try two.list($0) } }
    #expect(
      try lists() == [#"["1","2","3"]"#, #"["1","2"]"#, #"["1","2","3"]"#])
    try one.create("4", organization: "acme")
    #expect(
      try lists() == [#"["1","2","3","4"]"#, #"["1","2","4"]"#, #"["1","2","3","4"]"#])
    try one.update("1", "status = 'sent'")
    #expect(try lists()[2] == #"["2","3","4"]"#)
    try one.delete("2")
    #expect(try lists()[2] == #"["3","4"]"#)
    try one.hardDelete("3")
    #expect(try lists() == [#"["1","2","4"]"#, #"["1","2","4"]"#, #"["4"]"#])
    let before = two.reads
    #expect(try lists().count == 3)
    #expect(two.reads == before)
  }

  @Test("A list is void by a name that says nothing of its key: Redis is not searched for it")
  func noSearch() throws {
    let shop = try OrderShop()
    let process = try shop.process()
    for page in 0..<50 { _ = try process.list(#"{"page":\#(page)}"#) }
    _ = try shop.redis.command(["CONFIG", "RESETSTAT"])
    try process.create("4", organization: "acme")
    for page in [0, 49] {
      #expect(try process.list(#"{"page":\#(page)}"#).contains(#""4""#))
    }
    let statistics = try shop.redis.command(["INFO", "commandstats"])
    #expect(statistics.contains("cmdstat_evalsha:"))
    for search in ["keys", "scan", "sscan"] {
      #expect(!statistics.contains("cmdstat_\(search):"))
    }
  }

  @Test("A list's key does not depend on the order of its filters")
  func filterOrder() throws {
    let shop = try OrderShop()
    let process = try shop.process()
    let spellings = [
      #"{"organization":"acme","status":"open","page":1}"#,
      #"{"page":1,"status":"open","organization":"acme"}"#,
      #"{ "status":"op\u0065n", "page":1.0, "organization":"acme" }"#,
    ]
    for spelling in spellings { #expect(try process.list(spelling) == #"["1","2"]"#) }
    #expect(process.reads == 1)
    _ = try process.list(#"{"organization":"acme","status":"open","page":2}"#)
    #expect(process.reads == 2)
  }

  @Test("Statistics are of an organization or of all, and change with its orders alone")
  func statistics() throws {
    let shop = try OrderShop()
    let (one, two) = (try shop.process(0), try shop.process(1))
    func totals() throws -> [Bool] {
      try [(nil, "3", "35.50"), ("acme", "2", "30.50"), ("globex", "1", "5")].map {
        let text = try two.statistics($0.0)
        return text.contains(#""totalOrders":\#($0.1),"#)
          && text.contains(#""revenue":\#($0.2)"#)
      }
    }
    #expect(try totals() == [true, true, true])
    #expect(try totals() == [true, true, true])
    #expect(two.reads == 3)
    try one.update("1", "payment = 'paid'")
    #expect(try two.statistics("acme").contains(#""paid":1"#))
    #expect(try two.statistics().contains(#""paid":1"#))
    #expect(two.reads == 5)
    #expect(try two.statistics("globex").contains(#""paid":0"#))
    #expect(two.reads == 5)
    try one.create("4", organization: "globex")
    #expect(try two.statistics("globex").contains(#""totalOrders":2"#))
    try one.hardDelete("4")
    #expect(try totals() == [true, true, true])
    #expect(try two.statistics("acme").contains(#""totalOrders":2"#))
  }

  @Test("A slow reader puts no old order, list or statistics back")
  func slowReader() throws {
    let shop = try OrderShop()
    let (slow, writer) = (try shop.process(0), try shop.process(1))
    slow.meanwhile = {
      slow.meanwhile = nil
      try writer.update("1", "status = 'sent', payment = 'paid'")
    }
    #expect(try slow.find("1").contains(#""status":"open""#))
    #expect(try slow.find("1").contains(#""status":"sent""#))
    slow.meanwhile = {
      slow.meanwhile = nil
      try writer.update("1", "status = 'closed'")
    }
    #expect(try slow.list(#"{"status":"sent"}"#) == #"["1"]"#)
    #expect(try slow.list(#"{"status":"sent"}"#) == "[]")
    slow.meanwhile = {
      slow.meanwhile = nil
      try writer.update("2", "payment = 'paid'")
    }
    #expect(try slow.statistics().contains(#""paid":1"#))
    #expect(try slow.statistics().contains(#""paid":2"#))
  }
}
