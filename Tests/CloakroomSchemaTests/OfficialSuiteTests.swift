import CloakroomSchema
import Testing

@Suite("The official JSON Schema test suite", .timeLimit(.minutes(1)))
struct OfficialSuiteTests {
  /// The one group that is not decided as the suite wants it: host names are not decoded, so all of
  /// its values are valid.
  private static let undecoded = "validation of A-label (punycode) host names"

  @Test("Every value is valid or not as the suite says", arguments: try OfficialSuite.groups())
  func decides(group: OfficialSuite.Group) throws {
    guard OfficialSuite.refusals[group.file]?[group.description] == nil else { return }
    let schema = try JSONSchema(group.schema.span.bytes)
    for test in group.cases {
      let isValid = try schema.validate(test.value.span.bytes).isEmpty
      #expect(
        isValid == (test.isValid || group.description == Self.undecoded), "\(test.description)")
    }
  }

  @Test("What is not supported is refused when it is defined, at its keyword")
  func refuses() throws {
    var refused: [String: [String: String]] = [:]
    for group in try OfficialSuite.groups() {
      do throws(SchemaFault) {
        _ = try JSONSchema(group.schema.span.bytes)
      } catch .refused(let location, _) {
        refused[group.file, default: [:]][group.description] = location
      } catch {
        Issue.record("\(group.testDescription): \(error)")
      }
    }
    #expect(refused == OfficialSuite.refusals)
  }

  @Test("The suite is there")
  func isComplete() throws {
    let groups = try OfficialSuite.groups()
    #expect(groups.count > 400)
    #expect(groups.reduce(0) { $0 + $1.cases.count } > 1_700)
  }
}
