/// The names that indices in a `CallRecord` stand for.
///
/// One value is made at the start and given to every observer, the access log and the text, so that
/// a label can only be a name that the code or the configuration knows.
public struct MetricsLabels: Sendable, Hashable {
  /// What a method or a service that has no name is called.
  public static let unknown = "unknown"

  /// The configured services, in the order of their indices.
  public let services: [String]
  /// The method table's names, in the order of their indices.
  public let methods: [String]

  /// Names the services and the methods.
  public init(services: [String], methods: [String]) {
    self.services = services
    self.methods = methods
  }

  /// The name of a service's slot; the slot past the last one is for indices out of range.
  func service(_ slot: Int) -> String {
    services.indices.contains(slot) ? services[slot] : Self.unknown
  }

  /// The name of a method's slot; the slot past the last one is for methods that don't exist.
  func method(_ slot: Int) -> String {
    methods.indices.contains(slot) ? methods[slot] : Self.unknown
  }
}
