internal import Foundation
internal import Support
internal import Testing

/// A shop's orders in PostgreSQL, and two instances of the program that serves them, each with a sidecar of its own.
struct OrderStage {
  let redis: RedisServer
  let daemons: [Daemon]
  let postgres: PostgresServer
  /// The instances.
  let shops: [OrderModule]

  init() throws {
    let (redis, postgres) = (try RedisServer(), try PostgresServer())
    _ = try postgres.query(
      """
      CREATE TABLE orders (id integer PRIMARY KEY, organization text NOT NULL, status text NOT NULL,
        payment text NOT NULL DEFAULT 'unpaid', transaction text, total integer NOT NULL);
      CREATE TABLE products (product integer, price integer NOT NULL,
        "order" integer REFERENCES orders ON DELETE CASCADE, PRIMARY KEY ("order", product))
      """)
    let daemons = try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, patience: "30s") }
    self.redis = redis
    self.postgres = postgres
    self.daemons = daemons
    shops = try daemons.map { OrderModule(client: try $0.readyClient(), database: postgres) }
  }
}

/// What a program that has orders does with its database and its cache: reads through the cache, and voids in it
/// what it has changed.
final class OrderModule {
  let client: LineClient
  let database: PostgresServer
  /// How many times it has read from the database, as the cache had nothing.
  private(set) var readings = 0

  init(client: LineClient, database: PostgresServer) {
    self.client = client
    self.database = database
  }

  // MARK: Reading

  /// An order; nil if there is none.
  ///
  /// - Parameter meanwhile: is done between the database's answer and the cache's filling.
  func order(_ id: Int, meanwhile: () throws -> Void = {}) throws -> Answer? {
    try read("order:\(id)", tags: ["order:\(id)"], meanwhile) {
      try self.database.query(Self.order(id))
    }
  }

  /// The ids of the orders that fit filters, given as JSON; a page has two.
  func list(_ filters: String, meanwhile: () throws -> Void = {}) throws -> [Int] {
    let key = try client.call("cache.key", #"{"value":\#(filters),"prefix":"orders:list:"}"#)
    let filter = Answer(#"{"result":\#(filters)}"#)
    let status = filter["status"] as? String
    let page = try #require(filter["page"] as? Int)
    let found = try read(try #require(key["key"] as? String), tags: ["orders"], meanwhile) {
      try self.database.query(
        """
        SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM (SELECT id FROM orders
          \(status.map { "WHERE status = '\($0)'" } ?? "") ORDER BY id LIMIT 2 OFFSET \(2 * (page - 1))) o
        """)
    }
    return try #require(found?.result as? [Int])
  }

  /// The statistics of an organization's orders, or of all.
  func statistics(_ organization: String? = nil) throws -> Answer {
    let those = organization.map { "WHERE organization = '\($0)'" } ?? ""
    func count(_ column: String) -> String {
      """
      (SELECT coalesce(json_object_agg(name, number), '{}') FROM
        (SELECT \(column) AS name, count(*) AS number FROM orders \(those) GROUP BY \(column)) c)
      """
    }
    let found = try read("order:stats:\(organization ?? "all")", tags: ["orders"], {}) {
      try self.database.query(
        """
        SELECT json_build_object('totalOrders', count(*), 'ordersByStatus', \(count("status")),
          'ordersByPaymentStatus', \(count("payment")), 'totalRevenue', coalesce(sum(total), 0),
          'averageOrderValue', coalesce(avg(total), 0)::integer) FROM orders \(those)
        """)
    }
    return try #require(found)
  }

  private static func order(_ id: Int) -> String {
    """
    SELECT json_build_object('id', id, 'status', status, 'payment', payment, 'total', total, 'products',
      (SELECT coalesce(json_agg(price ORDER BY product), '[]') FROM products WHERE "order" = \(id)))
      FROM orders WHERE id = \(id)
    """
  }

  /// - Parameter make: reads from the database; an empty text for what isn't there.
  private func read(
    _ key: String, tags: [String], _ meanwhile: () throws -> Void, make: () throws -> String
  ) throws -> Answer? {
    let (found, lease) = try look(key, tags, #","waitMs":10000"#)
    switch found["status"] as? String {
    case "negative": return nil
    case "hit":
      // The value is taken apart as the database's text is.
      let value = try #require(found["value"])
      let text = try JSONSerialization.data(withJSONObject: ["result": value])
      return Answer(String(decoding: text, as: UTF8.self))
    default: break
    }
    readings += 1
    let made = try make()
    try meanwhile()
    if let lease { try fill(key, tags, made, lease) }
    return made.isEmpty ? nil : Answer(#"{"result":\#(made)}"#)
  }

  /// What the cache has, and the lease if it is to be made.
  private func look(
    _ key: String, _ tags: [String], _ more: String = ""
  ) throws -> (found: Answer, lease: String?) {
    let found = try client.call("cache.get", "{\(Self.name(key, tags))\(more)}")
    #expect(found["status"] is String, "\(found)")
    return (found, found["lease"] as? String)
  }

  /// Brings what was read from the database since the lease was given. Made void meanwhile, it is nobody else's.
  private func fill(_ key: String, _ tags: [String], _ made: String, _ lease: String) throws {
    let value = made.isEmpty ? #""negative":true"# : #""value":\#(made)"#
    let kept = try client.call(
      "cache.set", #"{\#(Self.name(key, tags)),\#(value),"ttl":"5m","lease":"\#(lease)"}"#)
    #expect(kept["ok"] as? Bool == true || kept.reason == "LEASE_LOST", "\(kept)")
  }

  private static func name(_ key: String, _ tags: [String]) -> String {
    #""key":"\#(key)","tags":["\#(tags.joined(separator: #"",""#))"]"#
  }

  // MARK: Writing

  /// Makes an order.
  func create(_ id: Int, organization: String = "acme", total: Int = 100) throws {
    _ = try database.query(
      """
      INSERT INTO orders (id, organization, status, total) VALUES (\(id), '\(organization)', 'open', \(total));
      INSERT INTO products (product, price, "order") VALUES (1, \(total), \(id))
      """)
    try written(id)
  }

  /// Changes an order, by what follows SQL's `SET`.
  ///
  /// - Parameter meanwhile: is done before the cache has the order as it is now.
  func update(_ id: Int, _ assignments: String, meanwhile: () throws -> Void = {}) throws {
    _ = try database.query("UPDATE orders SET \(assignments) WHERE id = \(id)")
    try written(id, meanwhile: meanwhile)
  }

  /// Gives a product of an order another price, and so the order another total.
  func setPrice(_ price: Int, ofProduct product: Int, in id: Int) throws {
    _ = try database.query(
      """
      UPDATE products SET price = \(price) WHERE "order" = \(id) AND product = \(product);
      UPDATE orders SET total = (SELECT sum(price) FROM products WHERE "order" = \(id)) WHERE id = \(id)
      """)
    try void(id)
  }

  /// Removes an order for good.
  func hardDelete(_ id: Int) throws {
    _ = try database.query("DELETE FROM orders WHERE id = \(id)")
    try void(id)
  }

  /// What has a tag of the order, or of all orders, is void.
  private func void(_ id: Int) throws {
    try client.invalidate(#"{"tags":["orders","order:\#(id)"]}"#)
  }

  /// Voids what was there before a change, and is the first to read the order after it: nobody else has to.
  ///
  /// What it has written itself may be the older of two changes by now. So it reads the database once it has the
  /// lease, and leaves it to others where it gets none.
  private func written(_ id: Int, meanwhile: () throws -> Void = {}) throws {
    try void(id)
    let (key, tags) = ("order:\(id)", ["order:\(id)"])
    guard let lease = try look(key, tags).lease else { return }
    let made = try database.query(Self.order(id))
    try meanwhile()
    try fill(key, tags, made, lease)
  }
}
