public import CloakroomStore

/// What a connection wants to hear, or no longer; the pipeline sees to it.
public enum SubscriptionWish: Sendable {
  /// To be told of all events of a topic.
  case subscribe(Topic)
  /// To be told no more by the subscription of that name.
  case unsubscribe(String)
}
