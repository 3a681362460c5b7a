import CloakroomClient
import CloakroomCore
import CloakroomWire

/// One conversation with the sidecar, from finding its socket to its answer.
struct Exchange {
  let options: SidecarOptions
  let environment: CommandEnvironment
  /// The service to call as; nil is the first that the policy has for this user.
  var service: String?

  /// Calls a method.
  func call(_ method: String, _ params: [UInt8]?) throws(Failure) -> Reply {
    let deadline = Deadline(in: options.patience(waits: Self.waits(params)))
    return try connected(deadline) { connection throws(ClientFault) in
      if let service {
        var hello: [UInt8] = Array("{\"service\":".utf8)
        JSONString.quote(service, into: &hello)
        hello.append(UInt8(ascii: "}"))
        let reply = try connection.call("system.hello", hello, before: deadline)
        if case .error = reply { return reply }
      }
      return try connection.call(method, params, before: deadline)
    }
  }

  /// For how long a call may wait by its own parameters, in milliseconds.
  private static func waits(_ params: [UInt8]?) -> Int64 {
    guard let params, let node = try? JSONNode(params) else { return 0 }
    return ["waitMs", "blockMs"].compactMap { node[$0]?.double }
      .map { Int64(min(max($0, 0), 86_400_000)) }.max() ?? 0
  }

  /// Sends a notification.
  func notify(_ method: String, _ params: [UInt8]?) throws(Failure) {
    let deadline = Deadline(in: options.patience())
    try connected(deadline) { connection throws(ClientFault) in
      try connection.notify(method, params, before: deadline)
    }
  }

  /// Where the sidecar is.
  func location() throws(Failure) -> SidecarLocation {
    do throws(SocketPath.Fault) {
      return try options.location(environment)
    } catch {
      throw Failure(.failure(.usage, "\(error)"))
    }
  }

  private func connected<Answer>(
    _ deadline: Deadline,
    _ body: (inout SidecarConnection) throws(ClientFault) -> Answer
  ) throws(Failure) -> Answer {
    let location = try location()
    do throws(ClientFault) {
      var connection = try SidecarConnection(
        to: location, userID: environment.userID, before: deadline)
      return try body(&connection)
    } catch {
      throw Failure(error, at: location)
    }
  }

  /// An outcome that ends the command early.
  struct Failure: Error {
    let outcome: Outcome

    init(_ outcome: Outcome) { self.outcome = outcome }

    /// What a fault of the connection comes to.
    init(_ fault: ClientFault, at location: SidecarLocation) {
      switch fault {
      case .unreachable, .unknownHost, .untrusted, .closed, .system:
        outcome = .failure(.unavailable, location.explanation(of: fault))
      case .timedOut(let patience):
        outcome = .failure(
          .timeout,
          """
          no answer from \(location.path) within \(patience.formatted)
          the sidecar is busy or hangs; --timeout SECONDS waits longer
          """)
      case .notAReply, .tooLong:
        outcome = .failure(.protocol, "\(location.path): \(fault)")
      }
    }
  }
}
