/// What a server under load speaks.
public enum Dialect: Sendable {
  /// Newline-delimited JSON-RPC 2.0: replies in any order, told apart by their ids.
  case jsonRPC
  /// Redis' RESP2: replies in the order of the requests.
  case resp
}
