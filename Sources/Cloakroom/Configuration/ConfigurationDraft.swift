internal import CloakroomCore

/// A configuration while it is being read: each setting writes one place in it, and only the whole
/// tells whether they fit together.
struct ConfigurationDraft: Sendable {
  /// All that needs no other setting to be known.
  var configuration: Configuration
  /// The store, before the options of its connections and its password are known.
  var store = Configuration.Store.memory
  /// The options of connections to Redis; its address is not used.
  var redis = RedisEndpoint(
    address: .tcp(host: "localhost", port: RedisEndpoint.defaultPort))
  /// The file that holds Redis' password.
  var passwordFile: String?
  /// The file that holds what the access log's keys are hashed with.
  var hashKeyFile: String?
  /// The socket that was asked for.
  var socket: String?
  /// The socket's group, by name or id.
  var group: String?

  /// The defaults, on a machine with some processors.
  init(processors: Int) {
    // The path is put in place once every source has been asked for one.
    configuration = Configuration(socket: .init(path: ""))
    configuration.runtime.loops = min(configuration.runtime.loops, max(processors, 1))
  }
}
