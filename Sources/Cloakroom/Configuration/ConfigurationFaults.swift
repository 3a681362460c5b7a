/// Everything that is wrong with the configuration, at once, so that it can be put right at once.
public struct ConfigurationFaults: Error, Sendable, Equatable, CustomStringConvertible {
  /// The faults: the file's text first, then settings by the table's order, then the services.
  public let faults: [ConfigurationFault]

  /// Gathers faults.
  public init(faults: [ConfigurationFault]) { self.faults = faults }

  /// The faults, one a line.
  public var description: String {
    faults.map(\.description).joined(separator: "\n")
  }
}
