internal import CloakroomCore

// How a kind of record has its funnel counted, each fact once over all sidecars:
//
// 1. The record has a `FlowFacts` (`var facts = FlowFacts()`), kept in its header as a text:
//    `header.write("facts", facts.text)` and `facts = header.text("facts").map { FlowFacts($0) } ?? FlowFacts()`.
//    A session without a flow has none.
// 2. Whatever of `decide` changes the funnel appends to it, with the `now` of `decide`:
//      create        .created, then .entered(first step)
//      completeStep  .done(step, ms: now - entered), then .entered(next step) if that is another
//      goTo          .entered(step) if that is another
//      commit        .completed        delete   .deleted       (deleteAll too)
//      expiry        .abandoned(current step)
//      attempts up   .dead             reopen   .reopened
//      rotate        nothing: the successor takes `facts` over as they are, and is counted on under its own
//                    id only from there on: `facts.restarted()`
//    Facts belong to the change that makes them true: what is refused appends nothing.
// 3. The kind returns what is to be counted:
//      static func followUps(of record: Self, since earlier: Self?, named name: StoreKey, isLook: Bool)
//        -> [RecordFollowUp]
//    which is, where the record has a flow,
//      [record.facts.followUp(
//        FlowStatistics(ofSession: name, flow: mark.name, outward: …), session: ref, version: mark.version,
//        createdAtMs: record.createdAtMs, latestMs: max(keptUntilMs, endAtMs + tombstone),
//        since: earlier?.facts, isLook: isLook)].compactMap(\.self)
//    `outward` is how many steps of the session's scope lie between it and its flow (scope.count - depth), to
//    be kept in the header beside the flow's name; `ref` is what stands behind the last colon of `name`.
//    (see `FlowFacts.followUp` in CloakroomMethods). The runner performs it after the commit and before the
//    answer; if it fails the call doesn't: the next change sends all facts that are not counted yet, and so does
//    the sweep's look, of a tombstone too, which is only settled when that was done.
// 4. So that a look comes soon after the end, a tombstone's `nextLookMs` is `FlowFacts.lookDelayMs` behind
//    its end. (A reminder is taken only if it is earlier than the one that there is, and a look never asks
//    for one that has passed.)
// 5. Why a step was refused is counted by `AddCounts(errorsIn:version:step:keywords:at:)`, a plain step after the
//    refusal whose reply nobody waits for.
// 6. `context.count(SessionEvent…)` counts for the metrics of the sidecar that made the change.

/// Something that changed the numbers of a flow.
package struct FlowFact: Sendable, Hashable {
  /// What happened to a session.
  package enum Event: Sendable, Hashable {
    /// It was made.
    case created
    /// It has come to a step.
    case entered(String)
    /// It has completed a step, so many milliseconds after it came there.
    case done(String, ms: Int64)
    /// It was handed over.
    case completed
    /// It was deleted.
    case deleted
    /// It has expired at a step; nil where it had none.
    case abandoned(String?)
    /// Its attempts are used up.
    case dead
    /// An operator has opened it again.
    case reopened
  }

  /// The hour, counted from 1970 (UTC).
  package let hour: Int64
  package let event: Event

  /// Something that happens at a time, in milliseconds since 1970.
  package init(_ event: Event, at timeMs: Int64) {
    self.init(event, hour: timeMs / FlowStatistics.hourMs)
  }

  private init(_ event: Event, hour: Int64) {
    self.event = event
    self.hour = hour
  }

  // MARK: As text

  /// The hour's number, a letter, and the step and the milliseconds where there are any: `490123d basics:1200`
  /// without the blank.
  package var text: String {
    switch event {
    case .created: "\(hour)c"
    case .entered(let step): "\(hour)e\(StatisticsText.encoded(step))"
    case .done(let step, let ms): "\(hour)d\(StatisticsText.encoded(step)):\(ms)"
    case .completed: "\(hour)s"
    case .deleted: "\(hour)x"
    case .abandoned(let step): "\(hour)a\(StatisticsText.encoded(step ?? ""))"
    case .dead: "\(hour)k"
    case .reopened: "\(hour)o"
    }
  }

  /// Reads a fact; nil for what is none.
  package init?(_ text: some StringProtocol) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let hour = Int64(digits), let letter = text.dropFirst(digits.count).first else {
      return nil
    }
    let rest = text.dropFirst(digits.count + 1)
    switch letter {
    case "c": self.init(.created, hour: hour)
    case "e": self.init(.entered(PercentEncoding.decoded(rest)), hour: hour)
    case "d":
      let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let ms = Int64(parts[1]) else { return nil }
      self.init(.done(PercentEncoding.decoded(parts[0]), ms: ms), hour: hour)
    case "s": self.init(.completed, hour: hour)
    case "x": self.init(.deleted, hour: hour)
    case "a": self.init(.abandoned(rest.isEmpty ? nil : PercentEncoding.decoded(rest)), hour: hour)
    case "k": self.init(.dead, hour: hour)
    case "o": self.init(.reopened, hour: hour)
    default: return nil
    }
  }

  // MARK: As numbers

  /// What is one more in the hour, for a version of the flow.
  func fields(version: Int64) -> [String] {
    switch event {
    case .created: [CountField.created.text(version)]
    case .entered(let step): [CountField.entered(step).text(version)]
    case .done(let step, let ms):
      [
        CountField.done(step).text(version),
        CountField.time(step, bucket: DurationBucket(ms: ms)).text(version),
      ]
    case .completed: [CountField.completed.text(version)]
    case .deleted: [CountField.deleted.text(version)]
    case .abandoned(let step): [CountField.abandoned(step ?? "").text(version)]
    case .dead: [CountField.dead.text(version)]
    case .reopened: [CountField.reopened.text(version)]
    }
  }

  /// By how many more sessions live.
  var live: Int64 {
    switch event {
    case .created, .reopened: 1
    case .completed, .deleted, .abandoned, .dead: -1
    case .entered, .done: 0
    }
  }
}
