import ArgumentParser
import Cloakroom
import CloakroomCore
import Foundation
import Logging

/// `cloakroom serve`: the sidecar itself.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the sidecar.",
    discussion: """
      Without any option it keeps its data in memory and listens on the first of $CLOAKROOM_SOCKET,
      $RUNTIME_DIRECTORY/cloakroom.sock, $XDG_RUNTIME_DIR/cloakroom.sock, and a private folder below
      /tmp.

      Options win over CLOAKROOM_… environment variables, and those over the configuration file.
      SIGTERM finishes what is in flight and exits 0, a second one exits at once; SIGHUP reopens the
      access log and reads the policy anew. A wrong configuration exits 64 and lists every fault.

      EXAMPLES:
        cloakroom serve
        cloakroom serve --redis redis://localhost:6379/0 --access-log /var/log/cloakroom/access.log
        cloakroom serve --config /etc/cloakroom/cloakroom.json --check
      """)

  @Option(help: "Where to listen: the path of a Unix socket.", completion: .file())
  var socket: String?

  @Option(help: "The socket's mode, in octal. (default: 660)")
  var socketMode: String?

  @Option(help: "The group that the socket is given to.")
  var socketGroup: String?

  @Option(
    help: "The store: redis://user:password@host:port/database, or unix:///path?db=0.")
  var redis: String?

  @Option(help: "The file that the store's password is read from.", completion: .file())
  var storePasswordFile: String?

  @Option(help: "The configuration file (JSON).", completion: .file(extensions: ["json"]))
  var config: String?

  @Option(help: "What the names of all values in the store begin with. (default: cloakroom)")
  var prefix: String?

  @Option(help: "How much the store in memory holds at most, as 256MiB.")
  var memory: String?

  @Option(help: "How many event loops, each with its own connection to the store.")
  var loops: String?

  @Option(help: "How long to finish what is in flight after SIGTERM, as 10s.")
  var drainTimeout: String?

  @Option(help: "Where the access log is written: one JSON line a call.", completion: .file())
  var accessLog: String?

  @Option(help: "Where the metrics are written, for node_exporter.", completion: .file())
  var metricsFile: String?

  @Option(
    help: "What the operator's log on stderr tells.",
    completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"]))
  var logLevel: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Any setting of the configuration file, by its path, as limits.frameBytes=1MiB.",
      valueName: "key=value"))
  var assignments: [String] = []

  @Flag(help: "Check the configuration, list every fault, and open nothing.")
  var check = false

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let load: @Sendable () throws(ConfigurationFaults) -> Configuration = {
      () throws(ConfigurationFaults) in
      var loader = ConfigurationLoader()
      loader.methodNames = Daemon.methodNames
      return try loader.load(
        flags: flags, assignments: assignments, environment: environment, file: config)
    }
    let settings: Configuration
    do throws(ConfigurationFaults) {
      settings = try load()
    } catch {
      Self.complain("\(error)")
      throw ExitCode(64)
    }
    if check {
      print("the configuration is good")
      return
    }
    var logger = Logger(label: "cloakroom") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info
    do {
      try await Daemon(
        configuration: settings, environment: environment, logger: logger, reload: load
      ).run()
    } catch let fault as ListenFault {
      Self.complain("cloakroom: \(fault)")
      throw ExitCode(Self.cannotServe)
    }
  }

  /// EX_CANTCREAT of sysexits(3): the socket can't be had.
  private static let cannotServe: Int32 = 73

  private var flags: [String: String] {
    [
      "socket": socket, "socket-mode": socketMode, "socket-group": socketGroup, "redis": redis,
      "store-password-file": storePasswordFile, "prefix": prefix, "memory": memory,
      "loops": loops, "drain-timeout": drainTimeout, "access-log": accessLog,
      "metrics-file": metricsFile, "log-level": logLevel,
    ].compactMapValues { $0 }
  }

  private static func complain(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
