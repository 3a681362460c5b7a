/// The limits that protect the sidecar from its clients, its store and its disk.
public enum Limit: Int, CaseIterable, Sendable {
  /// A frame was longer than a frame may be.
  case frameSize
  /// A connection had as many calls under way as it may have, and wasn't read for a while.
  case inFlight
  /// A batch held more calls than a batch may.
  case batchLength
  /// A connection came when as many were open as may be.
  case connections
  /// A connection was closed because nothing had come over it for too long.
  case idleTimeout
  /// A connection was closed because its client didn't read its replies.
  case unreadReplies
  /// JSON was nested deeper than it may be.
  case depth
  /// A key was longer than a key may be.
  case keyLength
  /// As many commands were waiting for the store as may wait.
  case pendingCommands
  /// The store in memory held as much as it may hold.
  case memory
  /// A service had used up its rate of calls.
  case rate
  /// A call's deadline had passed before the call was done.
  case deadline
  /// The access log's queue was full, and lines were dropped.
  case accessLogQueue
  /// A reply would have been longer than a reply may be.
  case replySize
  /// There were as many subscriptions as there may be.
  case subscriptions
  /// A connection had as many subscriptions as it may have.
  case subscriptionsPerConnection
  /// A connection's patterns of events had as many bytes as they may have.
  case patternBytes
  /// As many events waited for a slow reader as may wait, and one was dropped.
  case waitingEvents
  /// A connection had as many things bound to it as may be.
  case boundToConnection
  /// As many calls waited for a claim as may wait for one.
  case claimWaiters
  /// As much work that takes long waited for a thread as may wait.
  case waitingWork
  /// As many withdrawals waited for a store that was out as may wait, or one had waited for too long.
  case withdrawals
  /// As many calls waited for one record as may wait, or others were faster again and again.
  case recordQueue
  /// A loop had as many compiled flows at hand as it may have, and let one go.
  case flowCache
  /// A peer had as much under way as its share is, and others of its calls had to wait.
  case peerShare
  /// All clients together had the sidecar hold as much memory as it may, and one that held more than its share was
  /// refused, or a connection closed.
  case clientMemory

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .frameSize: "frame_size"
    case .inFlight: "in_flight"
    case .batchLength: "batch_length"
    case .connections: "connections"
    case .idleTimeout: "idle_timeout"
    case .unreadReplies: "unread_replies"
    case .depth: "depth"
    case .keyLength: "key_length"
    case .pendingCommands: "pending_commands"
    case .memory: "memory"
    case .rate: "rate"
    case .deadline: "deadline"
    case .accessLogQueue: "access_log_queue"
    case .replySize: "reply_size"
    case .subscriptions: "subscriptions"
    case .subscriptionsPerConnection: "subscriptions_per_connection"
    case .patternBytes: "pattern_bytes"
    case .waitingEvents: "waiting_events"
    case .boundToConnection: "bound_to_connection"
    case .claimWaiters: "claim_waiters"
    case .waitingWork: "waiting_work"
    case .withdrawals: "withdrawals"
    case .recordQueue: "record_queue"
    case .flowCache: "flow_cache"
    case .peerShare: "peer_share"
    case .clientMemory: "client_memory"
    }
  }
}
