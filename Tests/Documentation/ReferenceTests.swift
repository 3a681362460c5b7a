import Foundation
import Support
import Testing

@Suite("The documentation's reference pages", .timeLimit(.minutes(1)))
struct ReferenceTests {
  @Test(
    "are as `Tests/write-reference` writes them", arguments: ReferencePage.all.map(\.name))
  func pages(name: String) throws {
    let page = try #require(ReferencePage.all.first { $0.name == name })
    let file = MarkdownPage.root.appending(path: ReferencePage.folder).appending(path: name)
    let isCurrent = (try? String(contentsOf: file, encoding: .utf8)) == page.text
    // Where the command takes it from.
    let made = MarkdownPage.root.appending(path: ".build/reference")
    try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
    try page.text.write(to: made.appending(path: name), atomically: true, encoding: .utf8)
    #expect(isCurrent, "\(name) is not what the code says: run Tests/write-reference")
  }

  @Test("have every metric of a sidecar, with its type and its help")
  func metrics() throws {
    let text = try #require(ReferencePage.all.first { $0.name == "Metrics.md" }).text
    let sidecar = try Daemon()
    defer { sidecar.process.kill() }
    let page = try #require(try sidecar.client().call("system.metrics").result as? String)
    var help: Substring = ""
    for line in page.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3)
      if line.hasPrefix("# HELP ") { help = words[3] }
      guard line.hasPrefix("# TYPE ") else { continue }
      let row = text.split(separator: "\n").first {
        $0.hasPrefix("| `\(words[2])` | \(words[3]) |")
      }
      #expect(row?.hasSuffix("| \(help) |") == true, "\(words[2])")
    }
  }
}
