import Support
import Testing

@Suite("Data that are looked into", .timeLimit(.minutes(3)))
struct LookedIntoTests {
  /// Numbers that no double and no word holds, and a name that C would end early.
  private static let data =
    #"{"n":18446744073709551616,"list":[1.10,1e400,-1E-400,1e999999999,9007199254740993,[]],"a\u0000b":{"c":1}}"#
  /// What all of them fit.
  private static let schemas = [
    "true", #"{"type":"object","required":["n"]}"#,
    #"{"properties":{"n":{"type":"integer","minimum":18446744073709551616,"exclusiveMaximum":18446744073709551617,"multipleOf":4294967296}}}"#,
    #"{"properties":{"list":{"prefixItems":[{"const":11e-1,"multipleOf":0.1},{"minimum":9e399},{"exclusiveMaximum":0},{"const":10e999999998}],"uniqueItems":true}}}"#,
    #"{"properties":{"a\u0000b":{"required":["c"]}},"required":["a\u0000b"]}"#,
  ]

  @Test(
    "come back byte for byte, however large their numbers are and whatever their names hold",
    arguments: SessionStage.Store.allCases)
  func exact(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let client = stage.client
    let data = Self.data
    _ = try client.call("kv.set", #"{"key":"k","value":\#(data)}"#)
    #expect(try client.call("kv.get", #"{"key":"k"}"#).text.contains(#""value":\#(data)}"#))
    for (number, schema) in Self.schemas.enumerated() {
      // A channel.
      let channel = #""channel":"c\#(number)""#
      let defined = try client.call("events.define", #"{\#(channel),"schema":\#(schema)}"#)
      #expect(defined["ok"] as? Bool == true, "\(schema): \(defined)")
      let published = try client.call("events.publish", #"{\#(channel),"data":\#(data)}"#)
      #expect(published["receivers"] as? Int == 0, "\(schema): \(published)")
      // A pending operation, in either place.
      for backend in ["store", "jwt"] {
        let created = try client.call(
          "pending.create", #"{"operationType":"t","data":\#(data),"backend":"\#(backend)"}"#)
        var token = try #require(created["token"] as? String, "\(created)")
        let update = #""onlyIf":\#(schema),"patch":{"more":1e400},"reissue":true"#
        let updated = try client.call(
          "pending.update", #"{"token":"\#(token)","operationType":"t",\#(update)}"#)
        #expect(updated["etag"] is String, "\(schema): \(updated)")
        token = updated["token"] as? String ?? token
        let read = try client.call(
          "pending.consume", #"{"token":"\#(token)","operationType":"t"}"#)
        #expect(read.text.contains(#""data":\#(data.dropLast()),"more":1e400}"#), "\(read)")
      }
      // A wizard whose steps look into the data.
      let flow =
        #"{"name":"f\#(number)","steps":[{"id":"a","schema":\#(schema),"when":\#(schema),"dependsOn":["/list/1","/a\u0000b/c"]},{"id":"b"}],"schema":\#(schema)}"#
      try stage.define(flow)
      let visitor = try stage.begin(#""flow":"f\#(number)","data":\#(data)"#)
      #expect(try visitor.get().text.contains(#""data":\#(data)"#))
      try visitor.complete("a")
      try visitor.complete("b")
      // The same numbers, spelled otherwise: nothing that the step stands on has changed.
      let same = try visitor.update(
        #"{"list":[1.1,10e399,-1E-400,1e999999999,9007199254740993,[]]}"#, #""onlyIf":\#(schema)"#)
      #expect(same.completed == ["a", "b"], "\(schema): \(same)")
      let other = try visitor.update(#"{"list":[1.1,11e399,-1E-400,1e999999999,9,[]]}"#)
      #expect(other.completed.isEmpty, "\(schema): \(other)")
      #expect(try visitor.update(#"{"list":[1.10,1e400,-1E-400,1e999999999,9,[]]}"#).result != nil)
      try visitor.complete("a")
      try visitor.complete("b")
      let lease = try visitor.call("checkout")
      #expect(
        lease.text.contains(#""list":[1.10,1e400,-1E-400,1e999999999,9,[]],"a\u0000b":{"c":1}}"#),
        "\(lease)")
    }
  }

  @Test("are refused for a number by its last digit, with the place")
  func lastDigit() throws {
    let stage = try SessionStage(.memory)
    let schema =
      #"{"properties":{"n":{"maximum":18446744073709551615},"m":{"multipleOf":1e-400},"a\u0000b":false}}"#
    _ = try stage.client.call("events.define", #"{"channel":"c","schema":\#(schema)}"#)
    for (data, place) in [
      (#"{"n":18446744073709551615}"#, nil), (#"{"n":1844674407370955161.5e1}"#, nil),
      (#"{"n":18446744073709551616}"#, "/n"), (#"{"n":18446744073709551615.1}"#, "/n"),
      (#"{"m":3e-400}"#, nil), (#"{"m":3.5e-400}"#, "/m"), (#"{"a\u0000b":1}"#, "/a\u{0}b"),
    ] as [(String, String?)] {
      let answer = try stage.client.call("events.publish", #"{"channel":"c","data":\#(data)}"#)
      #expect(answer.reason == place.map { _ in "VALIDATION_FAILED" }, "\(data): \(answer)")
      let violations = answer.detail("violations") as? [[String: Any]]
      #expect(violations?.first?["pointer"] as? String == place, "\(data): \(answer)")
    }
  }

  @Test(
    "are refused with the place where they can be read in several ways",
    arguments: [
      (#"{"a":[0,{"b":1,"\u0062":2}]}"#, "/a/1/b"), (#"{"a":[0,"\ud800"]}"#, "/a/1"),
      (#"{"a":{"\udc00":1}}"#, "/a"),
    ])
  func ambiguous(data: String, pointer: String) throws {
    let stage = try SessionStage(.memory)
    let client = stage.client
    _ = try client.call("events.define", #"{"channel":"c","schema":true}"#)
    let published = try client.call("events.publish", #"{"channel":"c","data":\#(data)}"#)
    #expect(published.reason == "VALIDATION_FAILED", "\(published)")
    let violations = published.detail("violations") as? [[String: Any]]
    #expect(violations?.first?["pointer"] as? String == pointer, "\(published)")
    #expect(violations?.first?["message"] is String && violations?.first?["keyword"] is String)
    // As a schema.
    let defined = try client.call(
      "events.define", #"{"channel":"c","schema":{"const":\#(data)}}"#)
    #expect(defined.reason == "INVALID_PARAMS", "\(defined)")
    #expect(defined.detail("pointer") as? String == "/const" + pointer, "\(defined)")
    // As a patch.
    let created = try client.call(
      "pending.create", #"{"operationType":"t","data":{},"backend":"store"}"#)
    let token = try #require(created["token"] as? String)
    let patched = try client.call(
      "pending.update", #"{"token":"\#(token)","operationType":"t","patch":\#(data)}"#)
    #expect(patched.reason == "INVALID_PARAMS", "\(patched)")
    #expect(patched.detail("pointer") as? String == pointer, "\(patched)")
  }

  @Test(
    "can't be patched where it can be told in several ways what is in them, and stay as they are",
    arguments: SessionStage.Store.allCases)
  func ambiguousTarget(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let client = stage.client
    let data = #"{"kept":1.10,"a":[{"b":1,"b":2}]}"#
    let created = try client.call(
      "pending.create", #"{"operationType":"t","data":\#(data),"backend":"store"}"#)
    let token = try #require(created["token"] as? String)
    let operation = #""token":"\#(token)","operationType":"t""#
    let patched = try client.call(
      "pending.update", #"{\#(operation),"patch":{"more":1}}"#)
    #expect(patched.reason == "VALIDATION_FAILED", "\(patched)")
    let violations = patched.detail("violations") as? [[String: Any]]
    #expect(violations?.first?["pointer"] as? String == "/a/0/b", "\(patched)")
    let read = try client.call("pending.verify", "{\(operation)}")
    #expect(read.text.contains(#""data":\#(data)"#), "\(read)")
  }
}
