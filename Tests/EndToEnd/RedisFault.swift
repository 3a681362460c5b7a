import Support
import Testing

/// What goes wrong with a Redis, again and again, while calls are under way.
enum RedisFault: String, CaseIterable, CustomTestStringConvertible {
  case forgetsScripts = "it forgets its scripts"
  case closesConnections = "it closes all connections"
  case cutsWithin = "connections are cut within a message"
  case answersLate = "it answers late"
  case standsStill = "it stands still"

  var testDescription: String { rawValue }

  /// How long a sidecar waits for it: not as long as it is silent.
  var patience: String {
    switch self {
    case .answersLate, .standsStill: "100ms"
    default: "2s"
    }
  }

  /// How often it happens.
  var interval: Duration {
    switch self {
    case .forgetsScripts: .milliseconds(50)
    case .closesConnections, .cutsWithin: .milliseconds(25)
    case .answersLate, .standsStill: .milliseconds(300)
    }
  }

  /// How long it is silent.
  static let silence = Duration.milliseconds(160)
}

/// A Redis to which a fault happens while a test has its thread call this.
final class FaultyRedis {
  /// Where sidecars find it.
  let path: String
  /// How often the fault has happened.
  private(set) var faults = 0

  private let fault: RedisFault
  private let redis: RedisServer
  private let proxy: CuttingProxy?
  private let line: LineClient
  private var next = ContinuousClock.now
  private var silentUntil: ContinuousClock.Instant?

  init(_ fault: RedisFault) throws {
    self.fault = fault
    redis = try RedisServer()
    line = try LineClient(path: redis.socketPath)
    proxy = fault == .cutsWithin ? try CuttingProxy(to: redis.socketPath) : nil
    path = proxy?.path ?? redis.socketPath
  }

  /// Has the fault happen when it is time.
  func act() throws {
    if let end = silentUntil, end <= .now { try calm() }
    guard silentUntil == nil, next <= .now else { return }
    next = .now + fault.interval
    faults += 1
    switch fault {
    case .forgetsScripts: try command("SCRIPT FLUSH")
    case .closesConnections: try command("CLIENT KILL TYPE normal")
    case .cutsWithin:
      proxy?.cut(Bool.random() ? .requests : .replies, after: Int.random(in: 0..<1500))
    case .answersLate:
      try command("CLIENT PAUSE \(Int(RedisFault.silence / .milliseconds(1))) ALL")
    case .standsStill:
      redis.pause()
      silentUntil = .now + RedisFault.silence
    }
  }

  /// Ends it.
  func calm() throws {
    if silentUntil != nil { redis.resume() }
    silentUntil = nil
    if fault == .answersLate { try command("CLIENT UNPAUSE") }
  }

  /// One command, on a connection of its own; `CLIENT KILL` spares the one that it comes on.
  private func command(_ words: String) throws {
    try line.send(words + "\r\n")
    let answer = try line.readLine()
    #expect(!answer.hasPrefix("-"), "\(words): \(answer)")
  }
}
