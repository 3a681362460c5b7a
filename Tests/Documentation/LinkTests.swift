import Foundation
import Testing

@Suite("The documentation's links", .timeLimit(.minutes(1)))
struct LinkTests {
  private static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: MarkdownPage.root.appending(path: path).path)
  }

  @Test("lead to files and headings that are there", arguments: MarkdownPage.all)
  func links(path: String) throws {
    let page = try MarkdownPage(path)
    for link in page.links {
      guard let target = page.target(of: link) else { continue }
      #expect(Self.exists(target.path), "\(link)")
      guard let anchor = target.anchor, Self.exists(target.path) else { continue }
      #expect(try MarkdownPage(target.path).anchors.contains(anchor), "\(link)")
    }
  }

  @Test("name no source that isn't there", arguments: MarkdownPage.all)
  func sources(path: String) throws {
    for word in try MarkdownPage(path).prose.joined(separator: "\n").split(separator: "`") {
      guard ["Sources/", "Tests/", "systemd/"].contains(where: { word.hasPrefix($0) }),
        !word.contains(where: \.isWhitespace)
      else { continue }
      #expect(Self.exists(String(word)), "\(word)")
    }
  }

  @Test(
    "reach all pages from the catalog's first one, and that from the README"
  )
  func reach() throws {
    let first = MarkdownPage.catalog + "/Cloakroom.md"
    let page = try MarkdownPage(first)
    let reached = Set(page.links.compactMap { page.target(of: $0)?.path })
    for path in MarkdownPage.all where path != "README.md" && path != first {
      #expect(reached.contains(path), "\(path)")
    }
    let readme = try MarkdownPage("README.md")
    #expect(readme.links.contains { readme.target(of: $0)?.path == first })
  }
}
