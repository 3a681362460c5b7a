import CloakroomCore
import CloakroomMethods
import Foundation
import Testing

@testable import Cloakroom

@Suite("A folder of flows", .timeLimit(.minutes(1)))
struct FlowFolderTests {
  private static let good = #"{"steps":[{"id":"a"},{"id":"b"}]}"#

  /// What is wrong with a folder of these files; nothing when it has been read.
  private static func faults(_ files: [String: String]) throws -> [String] {
    let folder = try FlowScratch()
    for (name, text) in files { try folder.write(text, to: name) }
    do throws(ConfigurationFaults) {
      _ = try FlowFolder(folder.path, defaultTTL: .day).read()
      return []
    } catch {
      return error.faults.map {
        String($0.description.replacing(folder.path + "/", with: ""))
      }
    }
  }

  @Test("has a flow in each file that ends in .json, named as it says or as the file")
  func read() throws {
    let folder = try FlowScratch()
    try folder.write(Self.good, to: "wizard.json")
    try folder.write(#"{"name":"other","steps":[{"id":"a"}]}"#, to: "a.json")
    try folder.write("no flow", to: "README.md")
    try folder.write("no flow", to: ".hidden.json")
    let flows = try FlowFolder(folder.path, defaultTTL: .day).read()
    #expect(flows.map(\.name) == ["other", "wizard"])
    #expect(flows.map(\.steps) == [["a"], ["a", "b"]])
  }

  @Test("may be empty")
  func empty() throws { #expect(try Self.faults([:]) == []) }

  @Test("is refused whole, with every fault, its file and its place")
  func faults() throws {
    let found = try Self.faults([
      "a.json": #"{"steps":[{"id":"x","requires":["y"]}]}"#, "b.json": Self.good,
      "c.json": "{\n  \"steps\": [,]\n}", "d.json": #"{"name":"b","steps":[{"id":"x"}]}"#,
      "e e.json": Self.good, "f.json": #"{"steps":[{"id":"x"}],"setps":[]}"#,
      "g.json": #"{"steps":[{"id":"x"}],"idleTtl":"1.5h"}"#,
    ])
    try #require(found.count == 6, "\(found)")
    #expect(found[0] == "a.json: /steps/0/requires/0: no step has that id")
    #expect(found[1].hasPrefix("c.json:2:"), "\(found[1])")
    #expect(found[2].hasPrefix("d.json: has the name of the flow in "))
    #expect(found[3].hasPrefix("e e.json: a flow's name is 1 to 64"), "\(found[3])")
    #expect(found[4].hasPrefix("f.json: /setps: not known here"))
    #expect(found[5].hasPrefix("g.json: /idleTtl: must be a time"))
  }

  @Test("is a fault when it isn't there")
  func absent() throws {
    let folder = try FlowScratch()
    #expect(throws: ConfigurationFaults.self) {
      try FlowFolder(folder.path + "/none", defaultTTL: .day).read()
    }
  }

  @Test("has files of regular size")
  func large() throws {
    let found = try Self.faults(["a.json": String(repeating: " ", count: 300_000)])
    #expect(found.count == 1 && found[0].hasPrefix("a.json: has more than"))
  }

  @Test("that comes with the sidecar has no fault")
  func example() throws {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let flows = try FlowFolder(root + "/systemd/flows", defaultTTL: .day).read()
    #expect(flows.map(\.name) == ["project-wizard"])
    #expect(flows.first?.steps == ["details", "requirements", "sources", "review"])
  }

  @Test("is checked with the configuration")
  func check() throws {
    let folder = try FlowScratch()
    try folder.write("{}", to: "a.json")
    var loader = ConfigurationLoader()
    loader.readsFlows = true
    let flags = ["flows": folder.path]
    let error = try #require(throws: ConfigurationFaults.self) {
      try loader.load(flags: flags, environment: [:])
    }
    #expect(error.faults.count == 1)
    #expect(error.description.hasSuffix("a.json: the definition: steps is missing"))
    loader.readsFlows = false
    #expect(try loader.load(flags: flags, environment: [:]).flows.folder == folder.path)
  }
}

/// A fresh folder that goes, with the files in it, when nobody holds it any more.
private final class FlowScratch {
  let path = "/tmp/cloakroom-flows-\(UInt64.random(in: 0 ... .max))"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
  }
}
