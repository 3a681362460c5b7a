internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import NIOCore

/// What connections listen to.
extension Worker {
  /// Begins or ends a subscription.
  func handle(_ subscription: SubscriptionRequest, for request: consuming Request) {
    let notes = arguments.notes.isKept ? arguments.notes : nil
    let connection = request.connection
    switch subscription {
    case .subscribe(let topic):
      do throws(RPCError) {
        let service = try subscribingService(of: connection)
        let subscription = EventSubscription(
          name: connection.nextSubscriptionName(), service: service, request: request,
          notes: notes, worker: self)
        connection.subscriptions[subscription.name] = subscription
        subscription.begin(topic, deadlineMs: arguments.deadlineMs)
      } catch {
        end(request, notes: notes, error)
      }
    case .unsubscribe(let name):
      let subscription = connection.subscriptions[name]
      subscription?.end()
      end(request, notes: notes) { result throws(RPCError) in
        result.writeStaticString(subscription == nil ? "false" : "true")
      }
    }
  }

  /// The service that a new subscription of a connection is for.
  ///
  /// - Throws: OVERLOADED when there is no room for one more.
  private func subscribingService(of connection: ClientConnection) throws(RPCError) -> String {
    guard let service = connection.identity?.name else { throw RPCError(.internal) }
    guard connection.subscriptions.count < limits.subscriptionsPerConnection else {
      observer.limitBit(.subscriptionsPerConnection)
      throw RPCError(
        .overloaded,
        "a connection has at most \(limits.subscriptionsPerConnection) subscriptions")
    }
    return service
  }

  /// Ends the subscriptions of a connection that the policy would not let it make any more.
  func reviewSubscriptions(of connection: ClientConnection) {
    guard let subscribeMethod else { return }
    for subscription in connection.subscriptions.values
    where !isAllowed(method: subscribeMethod, service: subscription.service, to: connection) {
      // Its call, if that was not answered yet, is refused as one that comes now would be.
      subscription.cancel(.forbidden(to: subscription.service, table.methods[subscribeMethod].name))
      subscription.end(.policy)
    }
  }
}
