import ArgumentParser
import Cloakroom
import CloakroomCore
import CloakroomObservability
import CloakroomTokens
import FoundationEssentials
import Logging

/// `cloakroom serve`: the sidecar itself.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the sidecar.",
    discussion: """
      Without any option it keeps its data in memory and listens on the first of \
      $CLOAKROOM_SOCKET, $RUNTIME_DIRECTORY/cloakroom.sock, $XDG_RUNTIME_DIR/cloakroom.sock, and \
      /tmp/cloakroom-UID/cloakroom.sock, whose folder is the user's alone.

      Options win over CLOAKROOM_… environment variables, and those over the configuration file. \
      `cloakroom settings` lists all settings.

      SIGTERM and SIGINT finish what is in flight and exit; a second one exits at once. SIGHUP \
      reopens the access log and reads the policy, the keys and the flows anew.

      EXAMPLES:
        cloakroom serve
        cloakroom serve --redis redis://localhost:6379/0
        cloakroom serve --config /etc/cloakroom/cloakroom.json --check

      EXIT STATUS: 0 told to stop, or the configuration is good; 1 failed, or told twice to stop; \
      64 the configuration is wrong, and every fault was listed (those of the flows \
      too; with --check, those of the keys as well); 66 the keys can't be read, and every fault was listed; 73 the socket or the access log can't be had.
      """)

  @Option(
    help: ArgumentHelp("Where to listen: the path of a Unix socket.", valueName: "path"),
    completion: .file())
  var socket: String?

  @Option(help: ArgumentHelp("The socket's mode, in octal. (default: 660)", valueName: "mode"))
  var socketMode: String?

  @Option(help: ArgumentHelp("The group that the socket is given to.", valueName: "group"))
  var socketGroup: String?

  @Option(
    help: ArgumentHelp(
      "The store: redis://user@host:port/database, or unix:///path?db=0. (default: in memory)",
      valueName: "url"))
  var redis: String?

  @Option(
    help: ArgumentHelp("The file that the store's password is read from.", valueName: "file"),
    completion: .file())
  var storePasswordFile: String?

  @Option(
    help: ArgumentHelp(
      "The configuration file (JSON). (default: $CLOAKROOM_CONFIG)", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "What the names of all values in the store begin with. (default: cloakroom)",
      valueName: "name"))
  var prefix: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the keys that tokens are signed with. (default: keys for this run only)",
      valueName: "folder"),
    completion: .directory)
  var keys: String?

  @Option(
    help: ArgumentHelp(
      "The folder of flows that sessions go through, a JSON file each.", valueName: "folder"),
    completion: .directory)
  var flows: String?

  @Option(
    help: ArgumentHelp(
      "How much the store in memory holds at most. (default: 256MiB)", valueName: "size"))
  var memory: String?

  @Option(
    help: ArgumentHelp(
      "How many event loops, each with its own connection to the store.", valueName: "count"))
  var loops: String?

  @Option(
    help: ArgumentHelp(
      "How long to finish what is in flight before exiting. (default: 10s)", valueName: "duration"))
  var drainTimeout: String?

  @Option(
    help: ArgumentHelp(
      "Where the access log is written: one JSON line a call.", valueName: "file"),
    completion: .file())
  var accessLog: String?

  @Option(
    help: ArgumentHelp(
      "Where the metrics are written, for node_exporter; a name that ends in .prom.",
      valueName: "file"),
    completion: .file())
  var metricsFile: String?

  @Option(
    help: ArgumentHelp(
      "The least severe messages of the operator's log on stderr. (default: info)",
      valueName: "level"),
    completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"]))
  var logLevel: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Any setting of the configuration file, by its path, as limits.frameBytes=1MiB.",
      valueName: "key=value"))
  var assignments: [String] = []

  @Flag(
    help: "Check the configuration, the keys and the flows, list every fault, and open nothing.")
  var check = false

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "With --check: look with the eyes of the user that the service will run as; for root.",
      valueName: "user"),
    completion: .shellCommand("getent passwd | cut -d: -f1"))
  var checkedUser: String?

  func validate() throws {
    guard checkedUser == nil || check else {
      throw ValidationError("--as is for --check: a sidecar runs as the user that starts it")
    }
  }

  func run() async throws {
    if let checkedUser, let fault = UserSwitch.become(checkedUser) {
      return try Outcome.failure(.usage, "--as \(checkedUser): \(fault)").finish()
    }
    let environment = ProcessInfo.processInfo.environment
    let load: @Sendable (Bool) throws(ConfigurationFaults) -> Configuration = {
      readsFolders throws(ConfigurationFaults) in
      var loader = ConfigurationLoader()
      loader.methodNames = Daemon.methodNames
      loader.readsKeys = readsFolders
      loader.readsFlows = readsFolders
      loader.reviews = readsFolders
      return try loader.load(
        flags: flags, assignments: assignments, environment: environment, file: config)
    }
    let settings: Configuration
    do throws(ConfigurationFaults) {
      settings = try load(check)
    } catch {
      return try Outcome.failures(.usage, "\(error)").finish()
    }
    if check {
      return try Outcome.success(
        Array("the configuration is good\n".utf8), .good, .process
      ).finish()
    }
    var logger = Logger(label: "cloakroom") { _ in OperatorLog(environment: environment) }
    logger.logLevel = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info
    do {
      try await Daemon(
        configuration: settings, environment: environment, logger: logger,
        reload: { () throws(ConfigurationFaults) in try load(false) }
      ).run()
    } catch {
      try outcome(of: error).finish()
    }
  }

  /// What to tell of a sidecar that can't run.
  private func outcome(of error: any Error) -> Outcome {
    switch error {
    case let fault as ListenFault: .failure(.cannotCreate, "cloakroom: \(fault)")
    case let fault as PrivateFolder.Fault: .failure(.cannotCreate, "cloakroom: \(fault)")
    case let fault as KeyFolderFault: .failures(.noInput, "\(fault)")
    case let faults as ConfigurationFaults: .failures(.usage, "\(faults)")
    case let fault as AccessLogFault: .failure(.cannotCreate, "cloakroom: \(fault)")
    default: .failure(.failure, "cloakroom: \(error)")
    }
  }

  private var flags: [String: String] {
    [
      "socket": socket, "socket-mode": socketMode, "socket-group": socketGroup, "redis": redis,
      "store-password-file": storePasswordFile, "prefix": prefix, "keys": keys, "flows": flows,
      "memory": memory, "loops": loops, "drain-timeout": drainTimeout, "access-log": accessLog,
      "metrics-file": metricsFile, "log-level": logLevel,
    ].compactMapValues { $0 }
  }
}
