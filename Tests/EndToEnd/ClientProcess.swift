internal import Support

/// A client in a process of its own, so that it can be stopped and killed: a short Python program.
final class ClientProcess {
  /// A connection that is asked line by line; `ask` answers with the reply's result, or its error.
  private static let prelude = """
    import json, os, signal, socket, sys, time
    def connect(path):
        link = socket.socket(socket.AF_UNIX)
        link.connect(path)
        return link, link.makefile("rb")
    def send(link, method, **params):
        text = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        link[0].sendall(json.dumps(text).encode() + b"\\n")
    def receive(link):
        reply = json.loads(link[1].readline())
        return reply["error"]["data"]["reason"] if "error" in reply else reply["result"]
    def ask(link, method, **params):
        send(link, method, **params)
        return receive(link)
    def say(text):
        os.write(1, (str(text) + "\\n").encode())

    """

  /// The process.
  let process: ChildProcess
  private let folder: String

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: what follows the definitions of `connect`, `send`, `receive`, `ask` and `say`.
  ///   - arguments: its `sys.argv[1:]`.
  init(_ program: String, _ arguments: [String]) throws {
    folder = try TemporaryFolder.make()
    process = try ChildProcess(
      // Without what the machine's users have put beside Python's own modules.
      ["python3", "-I", "-c", Self.prelude + program] + arguments,
      environment: Tool.environment, output: folder + "/output")
  }

  deinit {
    process.kill()
    TemporaryFolder.remove(folder)
  }

  /// The lines that it has said so far.
  var lines: [String] {
    TextFile.read(folder + "/output").split(separator: "\n").map(String.init)
  }

  /// Waits until it has said a number of lines; a test whose program doesn't in time fails.
  func lines(_ count: Int, within patience: Duration = .seconds(30)) -> [String] {
    eventually("\(count) lines", within: patience) { lines.count >= count }
    return lines
  }
}
