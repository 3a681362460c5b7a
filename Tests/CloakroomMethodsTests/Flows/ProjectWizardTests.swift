import CloakroomCore
import Foundation
import NIOCore
import Testing

@testable import CloakroomMethods

/// The rules of the four-step project wizard that the sidecar comes with, `systemd/flows/project-wizard.json`,
/// a sentence each.
@Suite("The project wizard", .timeLimit(.minutes(1)))
struct ProjectWizardTests {
  private static let file =
    #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    + "/systemd/flows/project-wizard.json"

  private static func flow() throws -> Flow {
    let text = try Data(contentsOf: URL(filePath: file))
    return try FlowFile(Array(text), stem: "project-wizard", defaultTTL: .hour).flow
  }

  private static let details =
    #""projectName":"Depot","buildingType":"office","squareFootage":1200.5"#
  private static let documents = #""documents":[{"name":"plan.pdf","size":1000}]"#
  private static let sources = #""aiSourcing":true"#

  /// Where data are not as a step wants them; nil when the step can be completed with them.
  private static func violations(_ step: String, _ data: String) throws -> [String]? {
    let flow = try flow()
    let data = ByteBuffer(string: "{\(data)}")
    var progress = try FlowProgress(flow, data: data)
    // The step alone is looked at, as if those before were complete.
    let index = try #require(flow.index(of: step))
    for before in flow.steps.indices where before < index {
      try progress.complete(
        before, with: ByteBuffer(string: "{\(details),\(documents),\(sources)}"))
    }
    do throws(RPCError) {
      try progress.complete(index, with: data)
      return nil
    } catch {
      #expect(error.reason == .validationFailed)
      return error.texts("violations", "pointer")
    }
  }

  /// The first step's data with another member in place of the one of that name.
  private static func details(_ name: String, _ value: String?) throws -> String {
    var members = [
      "projectName": #""Depot""#, "buildingType": #""office""#, "squareFootage": "1200",
    ]
    members[name] = value
    return members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(
      separator: ",")
  }

  /// Whether the first step can be completed with a value of a member; nil leaves it out.
  private static func isGood(_ name: String, _ value: String?) throws -> Bool {
    try violations("details", try details(name, value)) == nil
  }

  // MARK: Step 1, project details

  @Test("A project's name is required")
  func name() throws {
    #expect(try Self.violations("details", try Self.details("projectName", nil)) == [""])
    #expect(try !Self.isGood("projectName", #""""#))
    #expect(try !Self.isGood("projectName", #""  ""#))
    #expect(try !Self.isGood("projectName", "7"))
  }

  @Test("A project's name has at most 100 characters")
  func longName() throws {
    let hundred = String(repeating: "ä", count: 100)
    #expect(try Self.isGood("projectName", "\"\(hundred)\""))
    #expect(
      try Self.violations("details", try Self.details("projectName", "\"\(hundred)a\""))
        == ["/projectName"])
  }

  @Test("A building's type is required")
  func buildingType() throws {
    #expect(try !Self.isGood("buildingType", nil))
    #expect(try !Self.isGood("buildingType", #""""#))
    #expect(try Self.isGood("buildingType", #""warehouse""#))
  }

  @Test("Square footage is above 0 and below 1,000,000")
  func squareFootage() throws {
    for good in ["0.01", "1", "999999", "999999.99"] {
      #expect(try Self.isGood("squareFootage", good), "\(good)")
    }
    for bad in ["0", "-1", "1000000", "1e7", #""1200""#] {
      #expect(try !Self.isGood("squareFootage", bad), "\(bad)")
    }
    #expect(try !Self.isGood("squareFootage", nil))
  }

  @Test("An e-mail address has its format, if given; an empty field is none")
  func email() throws {
    for good in [nil, #""""#, #""ada@example.org""#] {
      #expect(try Self.isGood("clientEmail", good), "\(good ?? "-")")
    }
    for bad in [#""ada""#, #""ada@""#, #""@example.org""#, #"" ""#, "1"] {
      #expect(try !Self.isGood("clientEmail", bad), "\(bad)")
    }
  }

  @Test("A budget isn't negative")
  func budget() throws {
    for good in [nil, "0", "0.5", "1000000000"] {
      #expect(try Self.isGood("budget", good), "\(good ?? "-")")
    }
    #expect(try !Self.isGood("budget", "-0.01"))
    #expect(try !Self.isGood("budget", #""much""#))
  }

  @Test("A priority is low, medium or high")
  func priority() throws {
    for good in [nil, #""low""#, #""medium""#, #""high""#] {
      #expect(try Self.isGood("priority", good), "\(good ?? "-")")
    }
    for bad in [#""urgent""#, #""""#, "1"] { #expect(try !Self.isGood("priority", bad), "\(bad)") }
  }

  @Test(
    "Dates are dates, and an empty field is none",
    arguments: [
      "estimatedStartDate", "estimatedEndDate",
    ])
  func dates(name: String) throws {
    for good in [nil, #""""#, #""2027-02-28""#] {
      #expect(try Self.isGood(name, good), "\(good ?? "-")")
    }
    for bad in [#""2027-02-30""#, #""soon""#, "20270228"] {
      #expect(try !Self.isGood(name, bad), "\(bad)")
    }
  }

  @Test("Floors and zones are whole numbers", arguments: ["numberOfFloors", "numberOfZones"])
  func counts(name: String) throws {
    for good in [nil, "0", "12"] { #expect(try Self.isGood(name, good), "\(good ?? "-")") }
    for bad in ["1.5", "-1", #""3""#] { #expect(try !Self.isGood(name, bad), "\(bad)") }
  }

  @Test(
    "Everything else is text, and may be left out",
    arguments: [
      "projectDescription", "clientName", "clientPhone", "projectLocation",
    ])
  func texts(name: String) throws {
    for good in [nil, #""""#, #""any text""#] {
      #expect(try Self.isGood(name, good), "\(good ?? "-")")
    }
    #expect(try !Self.isGood(name, "1"))
  }

  @Test("Every fault of a step is told at once")
  func all() throws {
    let found = try Self.violations(
      "details", #""projectName":"","squareFootage":0,"budget":-1,"clientEmail":"ada""#)
    let places = Set(try #require(found))
    #expect(places == ["", "/projectName", "/squareFootage", "/budget", "/clientEmail"])
  }

  // MARK: Step 2, requirements

  private static func isGood(document: String) throws -> Bool {
    try violations("requirements", "\"documents\":[\(document)]") == nil
  }

  @Test("At least one document was uploaded")
  func oneDocument() throws {
    #expect(try Self.violations("requirements", "") == [""])
    #expect(try Self.violations("requirements", #""documents":[]"#) == ["/documents"])
    #expect(try Self.violations("requirements", Self.documents) == nil)
  }

  @Test("A document has one of the formats that are allowed")
  func formats() throws {
    for end in ["pdf", "doc", "docx", "xls", "xlsx", "csv", "txt", "png", "jpg", "dwg", "PDF"] {
      #expect(try Self.isGood(document: #"{"name":"a.\#(end)","size":1}"#), "\(end)")
    }
    for name in ["a.exe", "a.pdf.exe", "pdf", ".pdf", "a.docm", "a.xml", "a", ""] {
      #expect(try !Self.isGood(document: #"{"name":"\#(name)","size":1}"#), "\(name)")
    }
  }

  @Test("A document has at most 50 MB")
  func size() throws {
    #expect(try Self.isGood(document: #"{"name":"a.pdf","size":52428800}"#))
    #expect(try !Self.isGood(document: #"{"name":"a.pdf","size":52428801}"#))
    #expect(try !Self.isGood(document: #"{"name":"a.pdf","size":0}"#))
    #expect(try !Self.isGood(document: #"{"name":"a.pdf"}"#))
    #expect(
      try Self.violations(
        "requirements",
        #""documents":[{"name":"a.pdf","size":1},{"name":"b.pdf","size":99999999}]"#)
        == ["/documents/1/size"])
  }

  // MARK: Step 3, data sources

  @Test("AI sourcing is enabled or disabled")
  func sourcing() throws {
    #expect(try Self.violations("sources", #""aiSourcing":true"#) == nil)
    #expect(try Self.violations("sources", #""aiSourcing":false"#) == nil)
    #expect(try Self.violations("sources", "") == [""])
    #expect(try Self.violations("sources", #""aiSourcing":"yes""#) == ["/aiSourcing"])
  }

  @Test("Manual connectors are optional")
  func connectors() throws {
    for good in ["[]", #"[{"name":"erp","url":"https://erp.example.org"}]"#] {
      #expect(
        try Self.violations("sources", #"\#(Self.sources),"manualConnectors":\#(good)"#) == nil)
    }
    #expect(
      try Self.violations("sources", #"\#(Self.sources),"manualConnectors":[{}]"#)
        == ["/manualConnectors/0"])
  }

  // MARK: Step 4, review and create

  @Test("All previous steps are completed before the last")
  func previous() throws {
    let flow = try Self.flow()
    let data = ByteBuffer(string: "{\(Self.details),\(Self.documents),\(Self.sources)}")
    var progress = try FlowProgress(flow, data: data)
    for step in ["details", "requirements", "sources"] {
      let index = try #require(flow.index(of: step))
      let error = try #require(throws: RPCError.self) { try progress.complete(3, with: data) }
      #expect(error.reason == .invalidStep)
      #expect(error.text("lastValidStep") == step)
      try progress.complete(index, with: data)
    }
    try progress.complete(3, with: data)
    #expect(progress.canSubmit)
  }

  @Test("The whole is checked at the end")
  func whole() throws {
    let flow = try Self.flow()
    let data = ByteBuffer(string: "{\(Self.details),\(Self.documents),\(Self.sources)}")
    var progress = try FlowProgress(flow, data: data)
    for step in flow.steps.indices { try progress.complete(step, with: data) }
    try progress.checkSubmission(of: data)
    let draft = ByteBuffer(string: "{\(Self.details),\(Self.sources)}")
    try progress.dataChanged(from: data, to: draft)
    #expect(!progress.canSubmit)
    #expect(throws: RPCError.self) { try progress.checkSubmission(of: draft) }
  }

  @Test("It lives for 24 hours")
  func life() throws {
    #expect(try Self.flow().absoluteTTL == .day)
    #expect(try Self.flow().name == "project-wizard")
  }
}
