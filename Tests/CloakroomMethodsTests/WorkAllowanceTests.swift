import CloakroomCore
import CloakroomSchema
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("What a call's looking into values may cost", .timeLimit(.minutes(1)))
struct WorkAllowanceTests {
  private static let schema = {
    let patterns = (0..<24).map { #"{"pattern":"^(?:a|b|ab)*c{1,\#($0 + 1)}$"}"# }
    return #"{"additionalProperties":{"allOf":[\#(patterns.joined(separator: ","))]}}"#
  }()

  /// Data that take so many steps under the schema, or a few more.
  private static func data(steps: Int) throws -> ByteBuffer {
    let schema = try JSONSchema(Array(schema.utf8).span.bytes)
    var count = 4
    while true {
      let members = (0..<count).map { #""n\#($0)":"ababababababababc""# }
      let data = ByteBuffer(string: "{" + members.joined(separator: ",") + "}")
      var allowance = SchemaAllowance()
      let before = allowance.steps
      let instance = try JSONInstance(data.readableBytesSpan)
      guard try schema.accepts(instance, &allowance), before - allowance.steps < steps else {
        return data
      }
      count = count * 5 / 4
    }
  }

  private static func condition() throws -> DataCondition {
    try DataCondition(ByteBuffer(string: schema), .whole)
  }

  @Test("is one budget for all that it meets: a condition and what a flow wants of the data")
  func shared() throws {
    // More than half of what there is, so that it can be done once.
    let data = try Self.data(steps: SchemaLimits().steps / 2 + 1)
    let flow = try Flow(
      name: "f", ByteBuffer(string: #"{"steps":[{"id":"a"}],"schema":\#(Self.schema)}"#),
      defaultTTL: .hour)
    var one = WorkAllowance.whole
    try Self.condition().check(data, &one)
    var other = WorkAllowance.whole
    var progress = try FlowProgress(flow, data: data, &other)
    #expect(progress.fitsWhole)
    // Each of these alone is a call; together they are too much for one.
    for allowance in [one, other] {
      var rest = allowance
      let error = #expect(throws: RPCError.self) {
        _ = try FlowProgress(flow, data: data, &rest)
      }
      #expect(error?.reason == .tooLarge)
    }
    let refused = #expect(throws: RPCError.self) {
      try progress.dataChanged(from: data, to: data, &other)
    }
    #expect(refused?.reason == .tooLarge)
  }

  @Test("is little on an event loop, where the work ends to be done elsewhere")
  func onLoop() throws {
    let small = try Self.data(steps: 1)
    let large = try Self.data(steps: 50_000)
    var allowance = WorkAllowance.onLoop
    try Self.condition().check(small, &allowance)
    let error = #expect(throws: RPCError.self) {
      try Self.condition().check(large, &allowance)
    }
    #expect(error == .tooMuchForLoop)
    var whole = WorkAllowance.whole
    try Self.condition().check(large, &whole)
  }

  @Test(
    "of a schema that is compiled hangs on its length and on what it makes",
    arguments: [
      (#"{"type":"object"}"#, true), (#"{"pattern":"^[a-z]{1,40}$"}"#, true),
      (#"{"pattern":"(?:[ab]c){9000}"}"#, false),
      (#"{"enum":["\#(String(repeating: "a", count: 3_000))"]}"#, false),
    ])
  func compiled(text: String, isForLoop: Bool) throws {
    _ = try DataCondition(ByteBuffer(string: text), .whole)
    do throws(RPCError) {
      _ = try DataCondition(ByteBuffer(string: text), .onLoop)
      #expect(isForLoop)
    } catch {
      #expect(!isForLoop && error == .tooMuchForLoop)
    }
  }

  @Test("is told of what can't be used, wherever that is found out")
  func faults() {
    for allowance in [WorkAllowance.onLoop, .whole] {
      let error = #expect(throws: RPCError.self) {
        _ = try DataCondition(ByteBuffer(string: #"{"type":"thing"}"#), allowance)
      }
      #expect(error?.reason == .invalidParams)
    }
  }
}
