internal import Support
internal import Testing

@Suite("The examples of the JSON-RPC 2.0 specification", .timeLimit(.minutes(2)), .sharedSidecar())
struct SpecificationTests {
  @Test(
    "are answered as they stand there", arguments: SpecificationExample.all, WireFraming.allCases)
  func examples(_ example: SpecificationExample, _ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    let key = "\(example.testDescription)/\(framing)"
    try client.send(framing.frame(example.text.replacing("KEY", with: key)))
    if !example.replies.isEmpty {
      let reply = try framing.read(client)
      #expect(ReducedReply.all(reply).sorted() == example.replies.sorted(), "\(reply)")
      #expect((reply.first == "[") == example.isBatch)
    }
    // What comes next is the next call's answer: nothing that was not to be answered came before.
    let params = #"{"key":"\#(key)"}"#
    try client.send(framing.frame(LineClient.request("counter.get", params, id: 77)))
    let next = Answer(try framing.read(client))
    #expect(next.id == 77)
    #expect(next["value"] as? Int == example.counter)
  }
}
