import Foundation

/// One of the package's Markdown files, taken apart as far as tests need it.
struct MarkdownPage {
  /// A block between fences.
  struct CodeBlock {
    let language: String
    let lines: [String]
    /// What a comment right before the block says about it.
    let note: String?
    /// Where it begins: `README.md:12`.
    let place: String
  }

  /// The package's folder.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  /// The folder of the articles, from the package's own.
  static let catalog = "Sources/Cloakroom/Cloakroom.docc"
  /// The README and all articles, from the package's folder; not the reference, which is made.
  static let written = ["README.md"] + files(in: catalog)
  /// All pages.
  static let all = written + files(in: catalog + "/Reference")

  /// The file, from the package's folder.
  let path: String
  let text: String
  let blocks: [CodeBlock]
  /// The lines outside of fences.
  let prose: [String]

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    var blocks: [CodeBlock] = []
    var prose: [String] = []
    var open: (language: String, lines: [String], line: Int)?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if let block = open, line == "```" {
        blocks.append(
          CodeBlock(
            language: block.language, lines: block.lines, note: Self.note(at: prose),
            place: "\(path):\(block.line)"))
        open = nil
      } else if open != nil {
        open?.lines.append(String(line))
      } else if line.hasPrefix("```") {
        open = (String(line.dropFirst(3)), [], number + 1)
      } else {
        prose.append(String(line))
      }
    }
    self.blocks = blocks
    self.prose = prose
  }

  /// What a comment says that is the last thing written.
  private static func note(at prose: [String]) -> String? {
    guard let last = prose.last(where: { !$0.isEmpty }), last.hasPrefix("<!-- "),
      last.hasSuffix(" -->")
    else { return nil }
    return String(last.dropFirst(5).dropLast(4))
  }

  /// The names that links give the page's headings, as GitHub makes them.
  var anchors: Set<String> {
    var anchors: Set<String> = []
    for line in prose where line.hasPrefix("#") {
      let title = line.drop { $0 == "#" }.dropFirst().lowercased()
      let name = title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
      let anchor = name.split(separator: " ", omittingEmptySubsequences: false).joined(
        separator: "-")
      let number = (1...).first { !anchors.contains("\(anchor)-\($0)") } ?? 1
      anchors.insert(anchors.contains(anchor) ? "\(anchor)-\(number)" : anchor)
    }
    return anchors
  }

  /// What the page's links go to.
  var links: [String] {
    prose.flatMap { line in
      line.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }
    }
  }

  /// Where a link goes to: a file or folder, from the package's folder, and a heading; nil for one
  /// that leaves the package.
  func target(of link: String) -> (path: String, anchor: String?)? {
    guard !link.contains(":") else { return nil }
    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let folder = URL(filePath: "/" + path).deletingLastPathComponent()
    let file = parts[0].isEmpty ? "/" + path : folder.appending(path: parts[0]).standardized.path
    return (String(file.dropFirst()), parts.count > 1 ? String(parts[1]) : nil)
  }

  private static func files(in folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: root.appending(path: folder).path)
    return (names ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" }
  }
}
