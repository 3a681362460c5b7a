internal import CloakroomCore

/// A Redis that is named piecewise, by REDIS_HOST, REDIS_PORT and REDIS_PASSWORD.
enum ConventionalRedis {
  /// The Redis that the pieces name; nil when there are none, or when REDIS_URL names it whole.
  ///
  /// - Parameters:
  ///   - environment: the process's environment variables.
  ///   - faults: where to put what is wrong.
  static func endpoint(
    environment: [String: String], faults: inout [ConfigurationFault]
  ) -> RedisEndpoint? {
    let variable = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    guard variable("REDIS_URL") == nil else { return nil }
    let (host, port) = (variable("REDIS_HOST"), variable("REDIS_PORT"))
    let password = variable("REDIS_PASSWORD")
    guard host != nil || port != nil || password != nil else { return nil }

    let known = faults.count
    // Kubernetes sets REDIS_PORT=tcp://… in every container beside a service called redis.
    let number = port.map { Int($0) ?? 0 } ?? RedisEndpoint.defaultPort
    if !(1...65_535).contains(number) {
      faults.append(
        ConfigurationFault(
          .variable("REDIS_PORT"),
          "has to be a number from 1 to 65535; set CLOAKROOM_REDIS if it is not meant for this"))
    }
    // A host is valid where it is valid in a URL.
    let name = host ?? "localhost"
    let bracketed = name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
    guard
      var endpoint = try? RedisEndpoint(url: "redis://\(bracketed):\(RedisEndpoint.defaultPort)"),
      case .tcp(let address, _) = endpoint.address, endpoint.username == nil,
      endpoint.password == nil
    else {
      faults.append(
        ConfigurationFault(.variable("REDIS_HOST"), "has to be a host's name or IP address"))
      return nil
    }
    guard faults.count == known else { return nil }
    endpoint.address = .tcp(host: address, port: number)
    endpoint.password = password.map(Secret.init)
    return endpoint
  }
}
