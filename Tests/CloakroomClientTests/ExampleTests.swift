import CloakroomClient
import CloakroomMethods
import CloakroomWire
import Testing

@testable import CloakroomCommand

@Suite("The reference's examples", .timeLimit(.minutes(1)))
struct ExampleTests {
  @Test("are what the sidecar answers", arguments: MethodTable.standard.names)
  func answer(name: String) throws {
    let method = try #require(MethodTable.standard.methods.first { $0.name == name })
    let stage = try ExampleStage(method)
    let outcome = try stage.call()
    #expect(outcome.status == .success, "\(outcome.complaint)")
    let expected = "\(method.example.result)"
    guard Self.isDifferentEachTime(method) else {
      #expect(outcome.text == expected + "\n")
      return
    }
    let answer = try JSONNode(Array(outcome.text.utf8))
    #expect(Self.differences(of: answer, from: try JSONNode(Array(expected.utf8)), at: "$") == [])
  }

  /// Whether an answer is never the same twice, and only its form is: what a sidecar tells of itself,
  /// and what holds a time, which an example leaves open with an ellipsis.
  private static func isDifferentEachTime(_ method: CloakroomMethods.Method) -> Bool {
    if case .system = method.work { return true }
    if changing.contains(method.name) { return true }
    return "\(method.example.result)".contains("…")
  }

  /// Where an answer lacks something of the example, or has something of another kind there.
  private static func differences(
    of answer: JSONNode, from example: JSONNode, at path: String
  ) -> [String] {
    switch example.kind {
    case .object:
      return example.members.flatMap { member in
        let place = "\(path).\(member.name)"
        guard let value = answer[member.name] else { return ["\(place) is missing"] }
        return differences(of: value, from: member.value, at: place)
      }
    case .string:
      let text = example.string ?? ""
      guard text.hasSuffix("…") else { break }
      let matches = answer.string?.hasPrefix(text.dropLast()) == true
      return matches ? [] : ["\(path) begins otherwise"]
    default:
      break
    }
    return answer.kind == example.kind ? [] : ["\(path) is of another kind"]
  }
}
