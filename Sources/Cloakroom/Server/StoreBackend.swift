internal import CloakroomCore
internal import CloakroomRedis
internal import CloakroomStore
internal import Logging
internal import NIOCore

extension RedisTarget {
  /// What the configuration says of Redis, as a link wants it.
  init(_ endpoint: RedisEndpoint, limits: Configuration.Limits) {
    let address: Address =
      switch endpoint.address {
      case .unix(let path): .unix(path: path)
      case .tcp(let host, let port): .tcp(host: host, port: port)
      }
    self.init(address: address)
    username = endpoint.username
    password = endpoint.password?.exposed
    database = endpoint.database
    clientName = endpoint.clientName
    connectTimeout = TimeAmount(endpoint.connectTimeout)
    commandTimeout = TimeAmount(endpoint.commandTimeout)
    shortestBackoff = TimeAmount(endpoint.reconnectMin)
    longestBackoff = TimeAmount(endpoint.reconnectMax)
    pendingCommands = limits.pendingCommands
  }
}
