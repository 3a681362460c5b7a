internal import DequeModule
internal import NIOCore

/// The commands of one link that have no reply yet, in the order in which they were submitted, and
/// the decisions about that order.
///
/// Three kinds stand one behind the other: those that Redis has refused to run and that will be sent
/// again, those that were sent, and those that were not sent yet. While something was refused
/// nothing more is sent, so that nothing comes before it that was submitted after it.
struct CommandQueue {
  /// A command that will get no reply, and what it is told.
  typealias Failed = (failure: RedisFailure, context: UInt64)

  /// A command that Redis has answered by saying that it did not run it.
  private struct Refused {
    var command: InFlightCommand
    let bytes: ByteBuffer
    let keys: CommandKeys
  }

  private var journal = CommandJournal()
  private var commands = Deque<InFlightCommand>()
  /// How many of them, the last ones, were not handed to the socket.
  private var unsent = 0
  private var refused: [Refused] = []
  /// The bytes of those that were refused.
  private var refusedBytes = 0
  /// The tickets of commands that were not sent and are not wanted any more.
  private var withdrawn: Set<UInt32> = []
  /// How often something was handed to the socket.
  private(set) var sendings: UInt64 = 0
  /// Whether a refused command needs another server.
  private(set) var needsOtherServer = false

  /// How many commands have no reply.
  var count: Int { commands.count + refused.count }
  /// How many bytes they have.
  var bytes: Int { journal.count + refusedBytes }
  /// Whether commands that were refused wait for being sent again.
  var hasRefused: Bool { !refused.isEmpty }
  /// How many do.
  var refusedCount: Int { refused.count }
  /// Whether all that was sent was answered.
  var isAllAnswered: Bool { commands.count == unsent }
  /// When the oldest command's time is over.
  var nextDeadline: NIODeadline? { commands.first?.deadline }
  /// The oldest command that was sent and has no reply.
  var oldestSent: InFlightCommand? { isAllAnswered ? nil : commands.first }
  /// How many bytes those have that were sent and have no reply.
  var sentBytes: Int { journal.sentCount }
  /// When the time of the oldest command that was not sent is over.
  var nextUnsentDeadline: NIODeadline? {
    unsent > 0 ? commands[commands.count - unsent].deadline : nil
  }

  // MARK: Out

  /// Appends a command, and writes it.
  @inline(__always)
  mutating func append(
    context: UInt64, resend: Resend, deadline: NIODeadline, _ encode: (inout ByteBuffer) -> Void
  ) {
    let length = journal.append(encode)
    append(InFlightCommand(context: context, resend: resend, length: length, deadline: deadline))
  }

  @inline(__always)
  private mutating func append(_ command: InFlightCommand) {
    commands.append(command)
    unsent += 1
  }

  /// Hands out what is to be sent next, and counts it as sent. There may be more.
  mutating func takeUnsent() -> ByteBuffer? {
    guard refused.isEmpty, let bytes = journal.takeUnsent() else { return nil }
    if journal.hasUnsent { countSent(bytes.readableBytes) } else { unsent = 0 }
    sendings &+= 1
    return bytes
  }

  /// Counts the oldest of those that were not sent as sent, as many as have so many bytes.
  private mutating func countSent(_ count: Int) {
    var rest = count
    while unsent > 0, rest > 0 {
      rest -= commands[commands.count - unsent].length
      unsent -= 1
    }
  }

  /// Lets those commands go that were not sent although their time is over: nothing was done.
  ///
  /// - Returns: these, to be told.
  mutating func expireUnsent(now: NIODeadline) -> [Failed] {
    var failed = removeRefused(Self.lateReason) { $0.command.deadline <= now }
    let start = commands.count - unsent
    var end = start
    while end < commands.count, commands[end].deadline <= now {
      let command = commands[end]
      journal.removeFirstUnsent(length: command.length)
      withdrawn.remove(command.ticket)
      failed.append((command.failure(wasSent: false, Self.unsentReason), command.context))
      end += 1
    }
    commands.removeSubrange(start..<end)
    unsent -= end - start
    return failed
  }

  private static let lateReason = "Redis did not answer in time"
  private static let unsentReason = "Redis has not taken it in time"

  /// Lets a command go that was submitted when there had been `sendings`, unless there was one since. It
  /// fails when it would have been sent, and not before: its context is taken as long.
  ///
  /// - Returns: whether it was let go; if not, it may run.
  mutating func withdraw(ticket: UInt32, since sendings: UInt64) -> Bool {
    guard sendings == self.sendings else { return false }
    withdrawn.insert(ticket)
    return true
  }

  /// Takes out what was withdrawn, before the rest is sent.
  ///
  /// - Returns: what was taken out, to be told.
  mutating func dropWithdrawn() -> [Failed] {
    withdrawn.isEmpty ? [] : rearrange { _ in }
  }

  // MARK: In

  /// Takes the command that the next reply answers; to be followed by `settle` or `refuse`.
  @inline(__always)
  mutating func popFirst() -> InFlightCommand? {
    guard let command = commands.popFirst() else { return nil }
    // Nothing can answer what was not sent; should Redis do it, the command counts as answered.
    unsent = min(unsent, commands.count)
    return command
  }

  /// Drops a command that has run.
  ///
  /// - Returns: those that were refused before, and can't be sent again any more: they would run behind
  ///   this one, which was to see what they did.
  @inline(__always)
  mutating func settle(_ command: InFlightCommand) -> [Failed] {
    if refused.isEmpty {
      journal.removeFirst(length: command.length)
      return []
    }
    return settleAmongRefused(command)
  }

  private mutating func settleAmongRefused(_ command: InFlightCommand) -> [Failed] {
    let keys = CommandKeys(
      of: journal.popFirst(length: command.length), isWrite: command.isWrite)
    return removeRefused("a later command on the same key has run before it") {
      $0.keys.conflicts(with: keys)
    }
  }

  /// Keeps a command that Redis did not run, to send it again when all that was sent is answered.
  ///
  /// - Parameter needsOtherServer: whether it is of no use to send it to the same server.
  mutating func refuse(_ command: InFlightCommand, needsOtherServer: Bool) {
    let bytes = journal.popFirst(length: command.length)
    refused.append(
      Refused(
        command: command, bytes: bytes, keys: CommandKeys(of: bytes, isWrite: command.isWrite)))
    refusedBytes += bytes.readableBytes
    if needsOtherServer { self.needsOtherServer = true }
  }

  /// Puts what was refused before all that was not sent yet, and scripts before it.
  ///
  /// - Returns: what was withdrawn meanwhile, to be told.
  mutating func restoreRefused(loading scripts: [RedisScript]) -> [Failed] {
    let deadline = refused.first?.command.deadline ?? .now()
    return rearrange { queue in
      for script in scripts {
        queue.append(context: RedisLink.nobody, resend: .read, deadline: deadline) {
          $0.writeScriptLoad(script)
        }
      }
      queue.appendRefused()
    }
  }

  private mutating func appendRefused() {
    for refused in refused {
      _ = journal.append { $0.writeImmutableBuffer(refused.bytes) }
      append(refused.command)
    }
    removeAllRefused()
  }

  private mutating func removeAllRefused() {
    refused.removeAll()
    refusedBytes = 0
    needsOtherServer = false
  }

  private mutating func removeRefused(
    _ reason: String, where isLost: (Refused) -> Bool
  ) -> [Failed] {
    let lost = refused.filter(isLost)
    guard !lost.isEmpty else { return [] }
    refused.removeAll(where: isLost)
    refusedBytes = refused.reduce(0) { $0 + $1.bytes.readableBytes }
    if refused.isEmpty { needsOtherServer = false }
    return lost.map { ($0.command.failure(wasSent: false, reason), $0.command.context) }
  }

  /// Lays out anew what was not sent yet: behind what `body` appends, and without what was withdrawn.
  private mutating func rearrange(_ body: (inout CommandQueue) -> Void) -> [Failed] {
    let tail = Array(commands.suffix(unsent))
    commands.removeLast(unsent)
    unsent = 0
    var bytes = journal.takeBackUnsent()
    var failed: [Failed] = []
    body(&self)
    for command in tail {
      let text = bytes.readSlice(length: command.length) ?? ByteBuffer()
      if withdrawn.contains(command.ticket) {
        failed.append((command.failure(wasSent: false, Self.withdrawnReason), command.context))
      } else {
        _ = journal.append { $0.writeImmutableBuffer(text) }
        append(command)
      }
    }
    withdrawn.removeAll()
    return failed
  }

  private static let withdrawnReason = "it was withdrawn before it was sent"

  // MARK: Loss

  /// Keeps, in the old order and as not sent, what may be sent over another connection.
  ///
  /// - Parameters:
  ///   - reason: what those are told that did not run and are not kept.
  ///   - isKept: whether a command is kept whose time is not over.
  /// - Returns: the others, to be told; and how many of those that are kept were sent before.
  mutating func sift(
    now: NIODeadline, reason: String,
    keeping isKept: (_ command: InFlightCommand, _ wasSent: Bool) -> Bool
  ) -> (failed: [Failed], resent: UInt64) {
    let sent = commands.count - unsent
    var old = CommandQueue()
    swap(&old, &self)
    sendings = old.sendings
    var failed: [Failed] = []
    var resent: UInt64 = 0
    var overtaking: [CommandKeys] = []

    for index in old.commands.indices {
      var command = old.commands[index]
      let wasSent = index < sent
      let text = old.journal.popFirst(length: command.length)
      let isLate = command.deadline <= now
      if wasSent, command.isWrite, !old.refused.isEmpty {
        overtaking.append(CommandKeys(of: text, isWrite: true))
      }
      if !isLate, !old.withdrawn.contains(command.ticket), isKept(command, wasSent) {
        if wasSent {
          command.wasResent = true
          resent &+= 1
        }
        _ = journal.append { $0.writeImmutableBuffer(text) }
        append(command)
      } else {
        let reason = isLate ? Self.lateReason : reason
        failed.append((command.failure(wasSent: wasSent, reason), command.context))
      }
    }
    let lost = old.siftRefused(now: now, reason: reason, keeping: isKept, overtaking: overtaking)
    if !old.refused.isEmpty { _ = rearrange { queue in queue.takeRefused(of: old) } }
    return (lost + failed, resent)
  }

  /// Drops what was refused and can't be sent again.
  private mutating func siftRefused(
    now: NIODeadline, reason: String,
    keeping isKept: (_ command: InFlightCommand, _ wasSent: Bool) -> Bool,
    overtaking: [CommandKeys]
  ) -> [Failed] {
    removeRefused(Self.lateReason) { $0.command.deadline <= now }
      + removeRefused("a later command on the same key may have run before it") { refused in
        overtaking.contains { refused.keys.conflicts(with: $0) }
      } + removeRefused(reason) { !isKept($0.command, false) }
  }

  private mutating func takeRefused(of other: CommandQueue) {
    refused = other.refused
    appendRefused()
  }
}
