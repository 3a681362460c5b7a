public import CloakroomCore

/// A server to put under load.
public struct LoadTarget: Sendable {
  /// Where it listens.
  let address: RedisEndpoint.Address
  /// What it speaks.
  let dialect: Dialect
  /// Commands that each connection begins with, one reply each.
  let greeting: [[UInt8]]

  /// The same server, with more for each connection to begin with.
  func greeted(with more: [[UInt8]]) -> LoadTarget {
    LoadTarget(address: address, dialect: dialect, greeting: greeting + more)
  }

  /// The sidecar.
  public static func sidecar(at path: String) -> LoadTarget {
    LoadTarget(address: .unix(path: path), dialect: .jsonRPC, greeting: [])
  }

  /// Redis itself.
  public static func redis(_ endpoint: RedisEndpoint) -> LoadTarget {
    var greeting: [[String]] = []
    if let password = endpoint.password {
      greeting.append(["AUTH"] + (endpoint.username.map { [$0] } ?? []) + [password.exposed])
    }
    if endpoint.database != 0 { greeting.append(["SELECT", "\(endpoint.database)"]) }
    return LoadTarget(
      address: endpoint.address, dialect: .resp,
      greeting: greeting.map(RequestTemplate.command))
  }
}

/// What a server under load speaks.
public enum Dialect: Sendable {
  /// Newline-delimited JSON-RPC 2.0: replies in any order, told apart by their ids.
  case jsonRPC
  /// Redis' RESP2: replies in the order of the requests.
  case resp
}
