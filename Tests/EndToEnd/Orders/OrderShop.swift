import Support
import Testing

/// A shop whose orders are in PostgreSQL, with processes of it that have their own sidecars of one Redis.
final class OrderShop {
  let redis: RedisServer
  let daemons: [Daemon]
  let postgres: PostgresServer

  /// Starts one with the orders `1` and `2` of `acme`, and `3` of `globex`.
  init() throws {
    redis = try RedisServer()
    let path = redis.socketPath
    daemons = try (0..<2).map { _ in try RedisSidecar.start(path, patience: "20s") }
    postgres = try PostgresServer()
    _ = try postgres.query(
      """
      CREATE TABLE orders (id text PRIMARY KEY, organization text NOT NULL,
        status text NOT NULL DEFAULT 'open', payment text NOT NULL DEFAULT 'unpaid', transaction text);
      CREATE TABLE products (order_id text NOT NULL REFERENCES orders ON DELETE CASCADE,
        name text NOT NULL, price numeric NOT NULL, PRIMARY KEY (order_id, name));
      INSERT INTO orders (id, organization) VALUES ('1', 'acme'), ('2', 'acme'), ('3', 'globex');
      INSERT INTO products VALUES ('1', 'ink', 10.50), ('2', 'ink', 20), ('3', 'paper', 5);
      """)
  }

  /// A process of the shop: a connection to one of the sidecars, and the database.
  func process(_ number: Int = 0) throws -> OrderProcess {
    OrderProcess(
      client: try daemons[number % daemons.count].readyClient(), postgres: postgres)
  }
}

/// How a process of the shop reads and writes orders: by the rules of the article on caches.
final class OrderProcess {
  let client: LineClient
  let postgres: PostgresServer
  /// How often it has asked the database for something to be cached.
  private(set) var reads = 0
  /// What is done between a read of the database and the `cache.set` of what was read.
  var meanwhile: (() throws -> Void)?

  init(client: LineClient, postgres: PostgresServer) {
    self.client = client
    self.postgres = postgres
  }

  // MARK: Reading

  /// An order as JSON; `null` when there is none.
  func find(_ id: String) throws -> String {
    try cached("order:\(id)", tags: ["order:\(id)"]) { try self.order(id) }
  }

  /// The ids of the orders that fit filters, which are a JSON object.
  func list(_ filters: String) throws -> String {
    let key = try client.call("cache.key", #"{"value":\#(filters),"prefix":"orders:list:"}"#)
    return try cached(try #require(key["key"] as? String), tags: ["orders"]) {
      try self.json(
        """
        SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM orders, (SELECT '\(filters)'::json AS f) AS given
        WHERE (f->>'organization' IS NULL OR organization = f->>'organization')
          AND (f->>'status' IS NULL OR status = f->>'status')
        """)
    }
  }

  /// The statistics of an organization, or of all.
  func statistics(_ organization: String? = nil) throws -> String {
    let tag = organization.map { "orders:\($0)" } ?? "orders"
    return try cached("order:stats:\(organization ?? "all")", tags: [tag]) {
      try self.json(
        """
        SELECT json_build_object('totalOrders', count(*), 'paid', count(*) FILTER (WHERE payment = 'paid'),
          'revenue', coalesce(sum((SELECT sum(price) FROM products WHERE order_id = id)), 0))
        FROM orders WHERE '\(organization ?? "")' IN ('', organization)
        """)
    }
  }

  private func order(_ id: String) throws -> String {
    let row = try json(
      """
      SELECT json_build_object('id', id, 'organization', organization, 'status', status, 'payment', payment,
        'products', (SELECT json_object_agg(name, price ORDER BY name) FROM products WHERE order_id = id))
      FROM orders WHERE id = '\(id)'
      """)
    return row.isEmpty ? "null" : row
  }

  /// What a query answers, without the white space that PostgreSQL puts between.
  private func json(_ sql: String) throws -> String {
    try postgres.query(sql).filter { $0 != " " }
  }

  /// Reads through the cache: what is missing is read from the database, and brought with the lease.
  private func cached(
    _ key: String, tags: [String], read: () throws -> String
  ) throws -> String {
    let tags = tags.map { "\"\($0)\"" }.joined(separator: ",")
    let found = try client.call(
      "cache.get", #"{"key":"\#(key)","tags":[\#(tags)],"waitMs":10000}"#)
    let status = try #require(found["status"] as? String, "\(found)")
    if status == "hit" { return try Self.value(in: found) }
    if status == "negative" { return "null" }
    reads += 1
    let value = try read()
    try meanwhile?()
    guard let lease = found["lease"] as? String else { return value }
    let what = value == "null" ? #""negative":true"# : #""value":\#(value)"#
    let set = try client.call(
      "cache.set", #"{"key":"\#(key)",\#(what),"tags":[\#(tags)],"lease":"\#(lease)"}"#)
    #expect(set.reason == nil || set.reason == "LEASE_LOST", "\(set)")
    return value
  }

  /// A value as it came.
  private static func value(in answer: Answer) throws -> String {
    let head = try #require(answer.text.firstRange(of: #""value":"#), "\(answer)")
    let tail = try #require(answer.text.ranges(of: #","ageMs":"#).last, "\(answer)")
    return String(answer.text[head.upperBound..<tail.lowerBound])
  }

  // MARK: Writing

  func create(_ id: String, organization: String) throws {
    try write("INSERT INTO orders (id, organization) VALUES ('\(id)', '\(organization)')", id)
  }

  func update(_ id: String, _ changes: String) throws {
    try write("UPDATE orders SET \(changes) WHERE id = '\(id)'", id)
  }

  /// Marks an order as deleted.
  func delete(_ id: String) throws {
    try write("UPDATE orders SET status = 'deleted' WHERE id = '\(id)'", id)
  }

  /// Removes an order for good.
  func hardDelete(_ id: String) throws {
    let organization = try self.organization(of: id)
    _ = try postgres.query("DELETE FROM orders WHERE id = '\(id)'")
    try invalidate(id, organization)
  }

  /// Changes an order's product. It knows nothing of the order's own row, and voids it all the same.
  func price(_ product: String, of id: String, _ price: String) throws {
    _ = try postgres.query(
      "UPDATE products SET price = \(price) WHERE order_id = '\(id)' AND name = '\(product)'")
    try invalidate(id, try organization(of: id))
  }

  /// Writes an order to the database, voids what was made of it, and sets it anew.
  private func write(_ sql: String, _ id: String) throws {
    _ = try postgres.query(sql)
    try invalidate(id, try organization(of: id))
    let set = try client.call(
      "cache.set",
      #"{"key":"order:\#(id)","value":\#(try order(id)),"tags":["order:\#(id)"]}"#)
    #expect(set["ok"] as? Bool == true, "\(set)")
  }

  private func organization(of id: String) throws -> String {
    try postgres.query("SELECT organization FROM orders WHERE id = '\(id)'")
  }

  private func invalidate(_ id: String, _ organization: String) throws {
    try client.invalidate(
      #"{"tags":["order:\#(id)","orders","orders:\#(organization)"]}"#)
  }
}
