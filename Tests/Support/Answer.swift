internal import Foundation

/// A JSON-RPC reply, taken apart for looking into it.
public struct Answer: CustomStringConvertible {
  /// The reply as it came.
  public let text: String
  private let members: [String: Any]

  /// Takes a reply apart; what is no JSON object has no members.
  public init(_ text: String) {
    self.text = text
    let object = try? JSONSerialization.jsonObject(
      with: Data(text.utf8), options: [.fragmentsAllowed])
    members = object as? [String: Any] ?? [:]
  }

  /// The reply as it came.
  public var description: String { text }
  /// The result; nil when there is none.
  public var result: Any? { members["result"] }
  /// The id, where it is a whole number.
  public var id: Int? { members["id"] as? Int }
  /// The stable name of what went wrong; nil when nothing did.
  public var reason: String? { data?["reason"] as? String }
  /// The error's code.
  public var code: Int? { error?["code"] as? Int }
  /// The error's message.
  public var message: String? { error?["message"] as? String }
  /// Whether the error says that trying again may help.
  public var isRetryable: Bool? { data?["retryable"] as? Bool }
  /// How long the error says to wait, in milliseconds.
  public var retryAfterMs: Int? { data?["retryAfterMs"] as? Int }
  /// One of the error's details.
  public func detail(_ name: String) -> Any? { (data?["details"] as? [String: Any])?[name] }
  /// One member of the result, by its path.
  public subscript(_ path: String...) -> Any? {
    path.reduce(result) { ($0 as? [String: Any])?[$1] }
  }

  private var error: [String: Any]? { members["error"] as? [String: Any] }
  private var data: [String: Any]? { error?["data"] as? [String: Any] }
}

extension LineClient {
  /// Sends one request and waits for one line.
  ///
  /// - Parameter params: the parameters as JSON text.
  @discardableResult
  public func call(
    _ method: String, _ params: String = "{}", id: Int = 1, within patience: Duration = .seconds(20)
  ) throws -> Answer {
    try send(Self.request(method, params, id: id))
    return Answer(try readLine(within: patience))
  }

  /// The line of one request.
  public static func request(_ method: String, _ params: String = "{}", id: Int = 1) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"# + "\n"
  }
}
