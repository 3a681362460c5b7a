/// What is worth knowing about one reply.
struct ParsedReply: Equatable {
  /// What a reply says.
  enum Outcome {
    case done, missing, error
    /// It answers nothing: it is a notification.
    case message
  }

  /// The request's id; nil where replies come in the order of the requests.
  let id: Int?
  /// How the request ended.
  let outcome: Outcome
  /// Where the reply lies in its reader, until that reads on.
  let range: Range<Int>
}
