import Foundation
import Testing

@Suite("The article on troubleshooting", .timeLimit(.minutes(1)))
struct TroubleshootTests {
  /// All Swift sources, each string that goes over several lines in one.
  private static let sources: String = {
    let folder = MarkdownPage.root.appending(path: "Sources")
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    let texts = (files ?? []).filter { $0.hasSuffix(".swift") }.compactMap {
      try? String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }
    return texts.joined(separator: "\n")
      .replacing(/"\s*\+\s*"/, with: "").replacing(/\\\n\s*/, with: "")
  }()

  /// What the sidecar says, out of the first cells of the article's tables: code of several words.
  private static func quotations() throws -> [String] {
    let page = try MarkdownPage(MarkdownPage.catalog + "/Troubleshoot.md")
    return page.prose.filter { $0.hasPrefix("| ") }.flatMap { row in
      let cell = row.split(separator: " | ").first ?? ""
      return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter {
          $0.offset % 2 == 1 && $0.element.contains(" ") && !$0.element.contains("cloakroom")
        }
        .map { String($0.element) }
    }
  }

  @Test("quotes what the sidecar says, word for word")
  func quotations() throws {
    let quotations = try Self.quotations()
    #expect(quotations.count > 15)
    for quotation in quotations {
      for part in quotation.split(separator: "…") where part.contains(where: \.isLetter) {
        let isThere = Self.sources.contains(part.trimmingCharacters(in: .whitespaces))
        #expect(isThere, "\(quotation)")
      }
    }
  }
}
