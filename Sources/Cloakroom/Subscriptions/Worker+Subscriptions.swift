internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import NIOCore

/// What connections listen to.
extension Worker {
  /// Begins or ends a subscription.
  func see(to wish: SubscriptionWish, for request: Request) {
    let notes = arguments.notes.isKept ? arguments.notes : nil
    switch wish {
    case .subscribe(let topic):
      do throws(RPCError) {
        try subscribe(to: topic, for: request, notes: notes)
      } catch {
        end(request, notes: notes, error)
      }
    case .unsubscribe(let name):
      let subscription = request.connection.subscriptions[name]
      subscription?.end()
      end(request, notes: notes) { result throws(RPCError) in
        result.writeStaticString(subscription == nil ? "false" : "true")
      }
    }
  }

  private func subscribe(
    to topic: Topic, for request: Request, notes: CallNotes?
  ) throws(RPCError) {
    let connection = request.connection
    guard let service = arguments.permit?.service else { throw RPCError(.internal) }
    guard connection.subscriptions.count < limits.subscriptionsPerConnection else {
      observer.limitBit(.subscriptionsPerConnection)
      throw RPCError(
        .overloaded,
        "a connection has at most \(limits.subscriptionsPerConnection) subscriptions")
    }
    let subscription = EventSubscription(
      name: connection.nextSubscriptionName(), service: admission.policy.services[service].name,
      request: request, notes: notes, worker: self)
    connection.subscriptions[subscription.name] = subscription
    subscription.begin(topic, deadlineMs: arguments.deadlineMs)
  }

  /// Ends the subscriptions of a connection that the policy would not let it make any more.
  func reviewSubscriptions(of connection: ClientConnection) {
    for subscription in connection.subscriptions.values where !isAllowed(subscription, connection) {
      subscription.end(.policy)
    }
  }

  private func isAllowed(
    _ subscription: EventSubscription, _ connection: ClientConnection
  ) -> Bool {
    guard let subscribeMethod else { return false }
    let service = admission.policy.service(
      named: subscription.service, for: connection.peer, groups: connection.groups)
    return admission.allows(service: service, method: subscribeMethod)
  }
}
