/// What makes a JSON text mean different things to different readers: a name that an object gives twice, and half
/// of a surrogate pair that stands alone. A text of too many values is not looked through.
public struct AmbiguousJSON: Error, Sendable, Equatable {
  /// What is wrong.
  public enum Fault: Sendable, Hashable {
    /// The member comes a second time.
    case repeatedName
    /// The value, or a member's name within it, has half of a surrogate pair in it.
    case loneSurrogate
    /// There is more in it than is looked through.
    case tooManyValues

    /// What is wrong, for people: "the patch …".
    public var text: String {
      switch self {
      case .repeatedName: "names a member twice"
      case .loneSurrogate: "holds half of a surrogate pair"
      case .tooManyValues:
        "has more than \(AmbiguousJSON.mostValues) values and names, too many to be looked into"
      }
    }
  }

  /// How many values and names of members are looked through at most: 20 milliseconds' work.
  public static let mostValues = 500_000

  /// What is wrong.
  public let fault: Fault
  /// Where, as JSON Pointer (RFC 6901). It holds names of members, and is thus for the caller and for no log.
  public let pointer: String

  /// Looks for such a place in a text that has been scanned.
  ///
  /// - Throws: what is wrong, and where.
  public static func check(_ text: RawSpan) throws(AmbiguousJSON) {
    do throws(ParsedJSON.Fault) {
      _ = try ParsedJSON(text, nodeLimit: mostValues)
    } catch {
      switch error {
      case .json: break
      case .tooMany: throw AmbiguousJSON(fault: .tooManyValues, pointer: "")
      case .repeatedName(let place): throw AmbiguousJSON(fault: .repeatedName, pointer: place)
      case .loneSurrogate(let place, _):
        throw AmbiguousJSON(fault: .loneSurrogate, pointer: place)
      }
    }
  }
}
