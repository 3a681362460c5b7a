import Testing

@testable import CloakroomSchema

/// Each limit holds at its very value: as much is taken, and one more is not.
@Suite("A schema's limit", .timeLimit(.minutes(1)))
struct EdgeTests {
  private static func limits(_ change: (inout SchemaLimits) -> Void) -> SchemaLimits {
    var limits = SchemaLimits()
    change(&limits)
    return limits
  }

  /// Why a schema can't be had, or a value can't be held against it; nil when both can.
  private static func fault(
    _ schema: String, _ value: String, _ change: (inout SchemaLimits) -> Void
  ) -> SchemaFault? {
    do throws(SchemaFault) {
      _ = try JSONSchema(schema, limits: limits(change)).validate(value)
      return nil
    } catch {
      return error
    }
  }

  @Test("of bytes counts the whole text")
  func bytes() {
    let schema = #"{"type":"array"}"#
    #expect(Self.fault(schema, "[1]") { $0.schemaBytes = schema.utf8.count } == nil)
    #expect(
      Self.fault(schema, "[1]") { $0.schemaBytes = schema.utf8.count - 1 }
        == .exceeds(.schemaBytes))
    #expect(Self.fault(schema, "[1]") { $0.valueBytes = 3 } == nil)
    #expect(Self.fault(schema, "[1]") { $0.valueBytes = 2 } == .exceeds(.valueBytes))
  }

  @Test(
    "of depth counts containers within one another", arguments: ["[[[1]]]", #"{"a":{"b":{}}}"#])
  func depth(value: String) {
    #expect(Self.fault("true", value) { $0.depth = 3 } == nil)
    #expect(Self.fault("true", value) { $0.depth = 2 } == .exceeds(.depth))
  }

  @Test("of a schema's parts counts each subschema, and each location's bytes")
  func parts() {
    // The schema itself and three within it.
    let schema = #"{"allOf":[true,true,true]}"#
    #expect(Self.fault(schema, "1") { $0.subschemas = 4 } == nil)
    #expect(Self.fault(schema, "1") { $0.subschemas = 3 } == .exceeds(.subschemas))
    // The longest is /allOf/2.
    #expect(Self.fault(schema, "1") { $0.locationBytes = 8 } == nil)
    #expect(Self.fault(schema, "1") { $0.locationBytes = 7 } == .exceeds(.locationBytes))
  }

  @Test("of evaluation counts subschemas that are applied within one another")
  func evaluation() {
    let schema = #"{"items":{"items":{"items":{"type":"number"}}}}"#
    #expect(Self.fault(schema, "[[[1]]]") { $0.evaluationDepth = 4 } == nil)
    #expect(
      Self.fault(schema, "[[[1]]]") { $0.evaluationDepth = 3 } == .exceeds(.evaluationDepth))
  }

  @Test("of violations is how many are told")
  func violations() throws {
    let limits = Self.limits { $0.violations = 3 }
    let schema = try JSONSchema(#"{"items":{"type":"string"}}"#, limits: limits)
    for (value, count) in [("[1,1]", 2), ("[1,1,1]", 3), ("[1,1,1,1]", 3), ("[1,1,1,1,1,1]", 3)] {
      #expect(try schema.validate(value).count == count, "\(value)")
    }
  }

  @Test("of steps is taken off to the last one, and a step more is one too many")
  func budget() {
    var budget = Budget(steps: 3)
    #expect(throws: Never.self) { try budget.spend(2) }
    #expect(throws: Never.self) { try budget.spend(1) }
    #expect(budget.steps == 0)
    #expect(throws: SchemaFault.exceeds(.steps)) { try budget.spend(1) }
    var other = Budget(steps: 3)
    #expect(throws: SchemaFault.exceeds(.steps)) { try other.spend(4) }
  }

  @Test(
    "of steps is not met by what several ways lead to, which is looked at once",
    arguments: [10, 12, 120])
  func shared(levels: Int) throws {
    // Each level is led to twice: 2^levels ways lead to the innermost.
    let schema = ##"{"type":"array","items":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}"##
    let value =
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    #expect(Self.fault(schema, value) { $0.steps = 50 * levels } == nil)
    #expect(Self.fault(schema, value) { $0.steps = 5 * levels } == .exceeds(.steps))
  }

  @Test(
    "of steps ends a search through a text, and one through a list, in the same way",
    arguments: [
      (#"{"pattern":"^(a|aa)+$"}"#, #""\#(String(repeating: "a", count: 400))b""#),
      (#"{"uniqueItems":true}"#, "[\((0..<400).map { "[\($0)]" }.joined(separator: ","))]"),
      (#"{"contains":{"const":[1]}}"#, "[\((0..<400).map { "[0,\($0)]" }.joined(separator: ","))]"),
    ])
  func searches(schema: String, value: String) {
    #expect(Self.fault(schema, value) { $0.steps = 400 } == .exceeds(.steps))
    #expect(Self.fault(schema, value) { $0.steps = 2_000_000 } == nil)
  }
}
