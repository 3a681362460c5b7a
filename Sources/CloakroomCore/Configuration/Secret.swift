/// A string that is not for anybody's eyes: however it is printed, it comes out as dots.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The secret itself: for the wire, never for a log, an error or a metric.
  public let exposed: String

  /// Keeps a string from being printed.
  public init(_ exposed: String) { self.exposed = exposed }

  /// Dots, however long the secret is.
  public var description: String { "•••" }
  /// Dots, however long the secret is.
  public var debugDescription: String { description }
  /// Nothing, so that `dump` and mirrors find nothing either.
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
