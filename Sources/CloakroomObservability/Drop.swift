/// What the sidecar threw away because nobody was left to take it.
///
/// Lines of the access log are counted by ``AccessLogCounts`` and not here.
public enum Drop: Int, CaseIterable, Sendable {
  /// A reply whose client had gone.
  case reply
  /// A call that was waiting when its client went.
  case call
  /// A store's reply that came after the call had given up on it.
  case storeReply

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .reply: "reply"
    case .call: "call"
    case .storeReply: "store_reply"
    }
  }
}
