internal import Foundation
internal import Support
internal import Testing

/// A notification that a subscriber gets, taken apart for looking into it.
struct EventNote: CustomStringConvertible {
  /// The notification as it came.
  let description: String
  /// `events.message`, `events.gap` or `events.ended`; empty for what is no notification.
  let method: String
  private let params: [String: Any]

  init(_ text: String) {
    description = text
    let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    method = object?["id"] == nil ? object?["method"] as? String ?? "" : ""
    params = object?["params"] as? [String: Any] ?? [:]
  }

  /// One of the parameters, where it is a string.
  subscript(_ name: String) -> String? { params[name] as? String }
  /// The parameters' names.
  var names: Set<String> { Set(params.keys) }
  /// The data, where it is a whole number.
  var number: Int? { params["data"] as? Int }
  /// How many events the subscriber is told to have missed.
  var dropped: Int? { params["dropped"] as? Int }
  /// The scope's steps, as `key=id`.
  var scope: [String] {
    (params["scope"] as? [[String: String]] ?? []).map { "\($0["key"] ?? "")=\($0["id"] ?? "")" }
  }
}

extension LineClient {
  /// Subscribes, and answers with the subscription's name.
  func subscribe(_ params: String) throws -> String {
    let answer = try call("events.subscribe", params)
    return try #require(answer["subscription"] as? String, "\(answer)")
  }

  /// Publishes, and answers with the number of receivers; nil when it failed.
  @discardableResult
  func publish(_ channel: String, _ data: String = "1") throws -> Int? {
    try call("events.publish", #"{"channel":"\#(channel)","data":\#(data)}"#)["receivers"] as? Int
  }

  /// The next notification.
  func note(within patience: Duration = .seconds(20)) throws -> EventNote {
    EventNote(try readLine(within: patience))
  }
}
