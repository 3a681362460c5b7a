internal import Foundation

/// The thread of a proxy: takes connections, hands bytes on, cuts.
///
/// Made by one thread and run by another, and touched by nobody else after that: that is why it may
/// be handed over.
final class ProxyLoop: @unchecked Sendable {
  private struct Pair {
    let client: Int32
    let server: Int32
  }

  private let listener: Int32
  private let upstream: String
  private let plan: CutPlan
  private var pairs: [Pair] = []
  private var chunk = [UInt8](repeating: 0, count: 65_536)

  init(at path: String, to upstream: String, plan: CutPlan) throws {
    self.upstream = upstream
    self.plan = plan
    listener = try LocalSocket.listening(at: path)
  }

  /// Works until the plan is stopped.
  func run() {
    while !plan.isStopped { turn() }
    for pair in pairs { end(pair) }
    close(listener)
  }

  /// Waits a moment for bytes and connections, and takes what there is.
  private func turn() {
    var entries = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    for pair in pairs {
      entries.append(pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0))
      entries.append(pollfd(fd: pair.server, events: Int16(POLLIN), revents: 0))
    }
    guard poll(&entries, nfds_t(entries.count), 20) > 0 else { return }
    var left: [Pair] = []
    for (index, pair) in pairs.enumerated() {
      let isOpen =
        (entries[2 * index + 1].revents == 0 || pass(.requests, from: pair.client, to: pair.server))
        && (entries[2 * index + 2].revents == 0
          || pass(.replies, from: pair.server, to: pair.client))
      if isOpen { left.append(pair) } else { end(pair) }
    }
    if plan.isDown {
      left.forEach(end)
      left = []
    }
    pairs = left
    if entries[0].revents != 0 { takeConnection() }
  }

  private func takeConnection() {
    let client = accept(listener, nil, nil)
    guard client >= 0 else { return }
    guard !plan.isDown, let server = LocalSocket.connected(to: upstream) else {
      close(client)
      return
    }
    pairs.append(Pair(client: client, server: server))
  }

  /// Hands on what there is; false when the connection is over.
  private func pass(
    _ direction: CuttingProxy.Direction, from source: Int32, to target: Int32
  ) -> Bool {
    let throttle = plan.throttle
    let count = recv(source, &chunk, min(chunk.count, throttle?.bytes ?? chunk.count), 0)
    guard count > 0 else { return false }
    if let pause = throttle?.pause { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
    let allowance = plan.allowance(direction, of: count)
    var sent = 0
    while sent < allowance.count {
      let result = chunk.withUnsafeBytes {
        send(
          target, $0.baseAddress?.advanced(by: sent), allowance.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard result > 0 else { return false }
      sent += result
    }
    return !allowance.cuts
  }

  private func end(_ pair: Pair) {
    for descriptor in [pair.client, pair.server] {
      shutdown(descriptor, Int32(SHUT_RDWR))
      close(descriptor)
    }
  }
}
