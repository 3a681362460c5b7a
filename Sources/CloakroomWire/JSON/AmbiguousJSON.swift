/// What makes a JSON text mean different things to different readers: a name that an object gives twice, and half
/// of a surrogate pair that stands alone.
public struct AmbiguousJSON: Error, Sendable, Equatable {
  /// What is wrong.
  public enum Fault: Sendable, Hashable {
    /// The member comes a second time.
    case repeatedName
    /// The value, or a member's name within it, has half of a surrogate pair in it.
    case loneSurrogate

    /// What is wrong, for people: "the patch …".
    public var text: String {
      switch self {
      case .repeatedName: "names a member twice"
      case .loneSurrogate: "holds half of a surrogate pair"
      }
    }
  }

  /// What is wrong.
  public let fault: Fault
  /// Where, as JSON Pointer (RFC 6901). It holds names of members, and is thus for the caller and for no log.
  public let pointer: String

  /// Looks for such a place in a text that has been scanned.
  ///
  /// - Throws: what is wrong, and where.
  public static func check(_ text: RawSpan) throws(AmbiguousJSON) {
    do throws(ParsedJSON.Fault) {
      _ = try ParsedJSON(text)
    } catch {
      switch error {
      case .json: break
      case .repeatedName(let place): throw AmbiguousJSON(fault: .repeatedName, pointer: place)
      case .loneSurrogate(let place, _):
        throw AmbiguousJSON(fault: .loneSurrogate, pointer: place)
      }
    }
  }
}
