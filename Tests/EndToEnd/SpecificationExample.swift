internal import Testing

/// An example of the JSON-RPC 2.0 specification (section 7) in the sidecar's methods.
struct SpecificationExample: CustomTestStringConvertible {
  let testDescription: String
  /// What is sent; KEY stands for a key of the test's own.
  let text: String
  /// What is answered, in any order, as `ReducedReply` writes it; nothing at all when empty.
  let replies: [String]
  /// Whether the answer is an array.
  var isBatch = false
  /// What the counter KEY is afterwards.
  var counter = 0

  static let all = calls + faults + batches

  private static let calls = [
    SpecificationExample(
      testDescription: "positional parameters",
      text: #"{"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 42], "id": 1}"#,
      replies: [#"{"id":1,"result":{"applied":true,"value":42}}"#], counter: 42),
    SpecificationExample(
      testDescription: "positional parameters, others",
      text: #"{"jsonrpc": "2.0", "method": "counter.decrement", "params": ["KEY", 23], "id": 2}"#,
      replies: [#"{"id":2,"result":{"applied":true,"value":-23}}"#], counter: -23),
    SpecificationExample(
      testDescription: "named parameters",
      text:
        #"{"jsonrpc": "2.0", "method": "counter.increment", "params": {"by": 23, "key": "KEY"}, "id": 3}"#,
      replies: [#"{"id":3,"result":{"applied":true,"value":23}}"#], counter: 23),
    SpecificationExample(
      testDescription: "named parameters in another order",
      text:
        #"{"jsonrpc": "2.0", "method": "counter.increment", "params": {"key": "KEY", "by": 42}, "id": 4}"#,
      replies: [#"{"id":4,"result":{"applied":true,"value":42}}"#], counter: 42),
    SpecificationExample(
      testDescription: "a notification",
      text: #"{"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 5]}"#,
      replies: [], counter: 5),
    SpecificationExample(
      testDescription: "a notification of a method that does not exist",
      text: #"{"jsonrpc": "2.0", "method": "foobar"}"#, replies: []),
    SpecificationExample(
      testDescription: "a notification whose parameters are wrong",
      text: #"{"jsonrpc": "2.0", "method": "counter.increment", "params": [7]}"#, replies: []),
    SpecificationExample(
      testDescription: "a call without parameters",
      text: #"{"jsonrpc": "2.0", "method": "system.ping", "id": "9"}"#,
      replies: [#"{"id":"9","result":"pong"}"#]),
    SpecificationExample(
      testDescription: "a call of a method that does not exist",
      text: #"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#,
      replies: [#"{"error":-32601,"id":"1"}"#]),
  ]

  private static let faults = [
    SpecificationExample(
      testDescription: "invalid JSON",
      text: #"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
      replies: [#"{"error":-32700,"id":null}"#]),
    SpecificationExample(
      testDescription: "an invalid request",
      text: #"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
      replies: [#"{"error":-32600,"id":null}"#]),
    SpecificationExample(
      testDescription: "an invalid request whose id can be told",
      text: #"{"jsonrpc": "1.0", "method": "system.ping", "id": 8}"#,
      replies: [#"{"error":-32600,"id":8}"#]),
    SpecificationExample(
      testDescription: "an id that is none",
      text: #"{"jsonrpc": "2.0", "method": "system.ping", "id": {"a": 1}}"#,
      replies: [#"{"error":-32600,"id":null}"#]),
    SpecificationExample(
      testDescription: "JSON that is no object", text: "17",
      replies: [#"{"error":-32600,"id":null}"#]),
  ]

  private static let batches = [
    SpecificationExample(
      testDescription: "a batch of invalid JSON",
      text: """
        [
          {"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 1], "id": "1"},
          {"jsonrpc": "2.0", "method"
        ]
        """, replies: [#"{"error":-32700,"id":null}"#]),
    SpecificationExample(
      testDescription: "an empty batch", text: "[]", replies: [#"{"error":-32600,"id":null}"#]),
    SpecificationExample(
      testDescription: "an invalid batch that is not empty", text: "[1]",
      replies: [#"{"error":-32600,"id":null}"#], isBatch: true),
    SpecificationExample(
      testDescription: "an invalid batch", text: "[1,2,3]",
      replies: Array(repeating: #"{"error":-32600,"id":null}"#, count: 3), isBatch: true),
    SpecificationExample(
      testDescription: "a batch of all kinds",
      text: """
        [
          {"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 7], "id": "1"},
          {"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 7]},
          {"jsonrpc": "2.0", "method": "counter.decrement", "params": ["KEY", 23], "id": "2"},
          {"foo": "boo"},
          {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
          {"jsonrpc": "2.0", "method": "system.ping", "id": "9"}
        ]
        """,
      replies: [
        #"{"id":"1","result":{"applied":true,"value":7}}"#,
        #"{"id":"2","result":{"applied":true,"value":-9}}"#,
        #"{"error":-32600,"id":null}"#, #"{"error":-32601,"id":"5"}"#,
        #"{"id":"9","result":"pong"}"#,
      ], isBatch: true, counter: -9),
    SpecificationExample(
      testDescription: "a batch of notifications",
      text: """
        [
          {"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 1]},
          {"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 2]},
          {"jsonrpc": "2.0", "method": "foobar", "params": [7]}
        ]
        """, replies: [], counter: 3),
    SpecificationExample(
      testDescription: "a batch of one notification",
      text: #"[{"jsonrpc": "2.0", "method": "counter.increment", "params": ["KEY", 1]}]"#,
      replies: [], counter: 1),
  ]
}
