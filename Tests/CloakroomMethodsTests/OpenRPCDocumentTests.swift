import CloakroomCore
import Foundation
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("The OpenRPC document", .timeLimit(.minutes(1)))
struct OpenRPCDocumentTests {
  typealias Object = [String: Any]

  static let table = MethodTable.standard

  static func document() throws -> Object {
    let text = OpenRPCDocument.text(table: table, version: "1.2.3")
    #expect(!text.readableBytesView.contains(UInt8(ascii: "\n")))
    let json = try JSONSerialization.jsonObject(with: Data(text.readableBytesView))
    return try #require(json as? Object)
  }

  /// What a reference within the document leads to.
  static func resolve(_ reference: String, in document: Object) -> Object? {
    guard reference.hasPrefix("#/") else { return nil }
    var place: Any? = document
    for name in reference.dropFirst(2).split(separator: "/") {
      place = (place as? Object)?[String(name)]
    }
    return place as? Object
  }

  @Test("describes every method of the table once, and tells its own versions")
  func methods() throws {
    let document = try Self.document()
    #expect(document["openrpc"] as? String == "1.3.2")
    #expect((document["info"] as? Object)?["version"] as? String == "1.2.3")
    let methods = try #require(document["methods"] as? [Object])
    #expect(methods.compactMap { $0["name"] as? String } == Self.table.names)
    for (described, method) in zip(methods, Self.table.methods) {
      #expect(described["summary"] as? String == method.summary)
      #expect((described["result"] as? Object)?["schema"] != nil)
      // The parameters of every method are taken by name only.
      #expect(described["paramStructure"] as? String == "by-name")
      #expect(described["x-positional"] as? [String] == method.parameters.map { "\($0.name)" })
    }
  }

  @Test("says how each method is repeated, what comes unasked, and what results are called")
  func effects() throws {
    let document = try Self.document()
    let methods = try #require(document["methods"] as? [Object])
    for (described, method) in zip(methods, Self.table.methods) {
      #expect(described["x-effect"] as? String == method.effect.rawValue)
      let with = described["x-effect-with"] as? [String: String] ?? [:]
      #expect(with == method.effectWith.mapValues(\.rawValue))
      #expect(with.keys.allSatisfy { name in method.parameters.contains { "\($0.name)" == name } })
      for parameter in method.parameters where parameter.endsWithConnection {
        #expect(method.effectWith["\(parameter.name)"] == .connection)
      }
    }
    let results = methods.compactMap { ($0["result"] as? Object)?["name"] as? String }
    #expect(Set(results).count == Self.table.methods.count)
    #expect(results.contains("PendingCheckoutResult"))
    let notifications = document["x-notifications"] as? [Object] ?? []
    #expect(
      notifications.compactMap { $0["name"] as? String } == [
        "events.message", "events.gap", "events.ended",
      ])
    #expect(notifications.allSatisfy { $0["x-params-schema"] is Object })
  }

  @Test("gives each method its parameters in the order of an array, then those of all methods")
  func parameters() throws {
    let document = try Self.document()
    let methods = try #require(document["methods"] as? [Object])
    for (described, method) in zip(methods, Self.table.methods) {
      let params = try (described["params"] as? [Object])?.map { param in
        guard let reference = param["$ref"] as? String else { return param }
        return try #require(Self.resolve(reference, in: document), "\(reference)")
      }
      let names = params?.compactMap { $0["name"] as? String }
      #expect(names == method.allParameters.map { "\($0.name)" })
      #expect(
        params?.compactMap { $0["required"] as? Bool } == method.allParameters.map(\.isRequired))
      #expect(params?.allSatisfy { $0["schema"] != nil } == true)
    }
  }

  @Test("gives each method the errors that it can end with, by their own codes")
  func errors() throws {
    let document = try Self.document()
    let methods = try #require(document["methods"] as? [Object])
    for (described, method) in zip(methods, Self.table.methods) {
      let errors = try (described["errors"] as? [Object])?.map { error in
        let reference = try #require(error["$ref"] as? String)
        return try #require(Self.resolve(reference, in: document), "\(reference)")
      }
      #expect(errors?.compactMap { $0["code"] as? Int } == method.allReasons.map(\.code))
      let reasons = errors?.compactMap { ($0["data"] as? Object)?["reason"] as? String }
      #expect(reasons == method.allReasons.map(\.name))
    }
  }

  @Test("gives each method an example of parameters that it has")
  func examples() throws {
    let methods = try #require(try Self.document()["methods"] as? [Object])
    for (described, method) in zip(methods, Self.table.methods) {
      let examples = try #require(described["examples"] as? [Object])
      #expect(examples.count == 1)
      let params = examples.first?["params"] as? [Object]
      let names = try #require(params?.compactMap { $0["name"] as? String })
      let known = Set(method.allParameters.map { "\($0.name)" })
      #expect(known.isSuperset(of: names))
      let required = method.parameters.filter(\.isRequired).map { "\($0.name)" }
      #expect(Set(names).isSuperset(of: required), "\(method.name)")
      #expect((examples.first?["result"] as? Object)?["value"] != nil)
    }
  }
}
