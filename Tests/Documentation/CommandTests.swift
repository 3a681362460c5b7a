import Foundation
import Support
import Testing

@Suite("The documentation's commands", .timeLimit(.minutes(3)))
struct CommandTests {
  /// Runs a page's commands with a sidecar of their own, and holds what they print against the page.
  private static func run(_ page: MarkdownPage, with sidecar: Daemon, setUp: String = "") throws {
    let folder = try Daemon.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/cloakroom", withDestinationPath: Daemon.program)
    let script = PageScript(page)
    func adapted(_ text: String) -> String {
      text.replacing("/tmp/cloakroom.sock", with: sidecar.socketPath)
        .replacing("/etc/cloakroom", with: folder + "/etc")
    }
    let text = """
      export PATH=\(folder):/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      export HOME=\(folder) CLOAKROOM_SOCKET=\(sidecar.socketPath)
      cd \(folder)
      \(setUp)
      \(script.text)
      """
    try TextFile.write(adapted(text), to: folder + "/script")
    let (exit, output) = try Tool.run(["bash", folder + "/script"], within: .seconds(60))
    #expect(exit == .status(0), "\(output)")
    for (number, expected) in script.expectations.enumerated() {
      let printed = PageScript.output(number, in: output)
      #expect(
        printed.map { PageScript.matches($0, adapted(expected.text)) } == true,
        "\(expected.place)\nprinted: \(printed ?? "nothing")\nnot: \(expected.text)")
    }
  }

  @Test(
    "do what their page says",
    arguments: MarkdownPage.written.filter { !$0.hasSuffix("/RedisSettings.md") })
  func inMemory(path: String) throws {
    let sidecar = try Daemon(["--set", "dev.scan=true"])
    try Self.run(MarkdownPage(path), with: sidecar)
  }

  @Test("of the article on Redis do what it says, with a real Redis")
  func withRedis() throws {
    let redis = try RedisServer()
    let sidecar = try Daemon(["--redis", "unix://" + redis.socketPath])
    // A function of this name is found before the program.
    let client = "redis-cli() { command redis-cli -e -s \(redis.socketPath) \"$@\"; }"
    try Self.run(
      MarkdownPage(MarkdownPage.catalog + "/RedisSettings.md"), with: sidecar, setUp: client)
  }

  @Test(
    "are held to what they print, with … for anything",
    arguments: [
      ("a", "a", true), ("a\n", "a", true), ("ab", "a", false), ("abc", "a…c", true),
      ("abc", "…", true), ("abd", "a…c", false), ("a1b2c", "a…b…c", true), ("a1c", "a…b…c", false),
    ])
  func patterns(text: String, pattern: String, matches: Bool) {
    #expect(PageScript.matches(text, pattern) == matches)
  }
}
