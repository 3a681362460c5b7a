public import CloakroomStore

/// A beginning or an end of one of a connection's subscriptions; the pipeline handles it.
public enum SubscriptionRequest: Sendable {
  /// To be told of all events of a topic. In the store, so many bytes stand before the channel's own name.
  case subscribe(Topic, prefixCount: Int)
  /// To be told no more by the subscription of that name.
  case unsubscribe(String)
}
