internal import CloakroomCore
internal import Configuration

extension SettingSyntax<TimeToLive> {
  /// How long something lives: seconds, or digits with a unit, as a TTL is everywhere.
  static let timeToLive = Self(
    "seconds, or a number with ms, s, m, h or d, from 1ms to 3650d, as in \"24h\""
  ) { content in
    if let seconds = content.integer { return try? TimeToLive(seconds: Int64(seconds)) }
    return content.text.flatMap { try? TimeToLive(text: $0.utf8) }
  } show: {
    text($0)
  }

  /// A life with the largest unit that needs no fraction.
  fileprivate static func text(_ life: TimeToLive) -> String {
    let units: [(String, Int64)] = [
      ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]
    for (name, length) in units where life.milliseconds % length == 0 {
      // 24h is what people write, and 1d is not.
      if name == "d", life.milliseconds < 2 * length { continue }
      return "\(life.milliseconds / length)\(name)"
    }
    return "\(life.milliseconds)ms"
  }
}

extension SettingSyntax<Duration> {
  /// How long something takes, within limits, written as `timeToLive` is.
  static func duration(_ range: ClosedRange<Duration>) -> Self {
    let limits = [range.lowerBound, range.upperBound].compactMap(text).joined(separator: " to ")
    return Self("a number with ms, s, m, h or d, from \(limits), as in \"10s\"") { content in
      content.text.flatMap(length).flatMap { range.contains($0) ? $0 : nil }
    } show: {
      text($0)
    }
  }

  /// The same, or a number of seconds without a unit.
  static func durationInSeconds(_ range: ClosedRange<Duration>) -> Self {
    let withUnit = duration(range)
    return Self("seconds, or " + withUnit.takes) { content in
      guard let seconds = content.integer else { return try? withUnit.read(content) }
      let duration = Duration.seconds(seconds)
      return range.contains(duration) ? duration : nil
    } show: {
      withUnit.show($0)
    }
  }

  fileprivate static func length(_ text: String) -> Duration? {
    (try? TimeToLive(text: text.utf8)).map { .milliseconds($0.milliseconds) }
  }

  fileprivate static func text(_ duration: Duration) -> String? {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    return (try? TimeToLive(milliseconds: milliseconds)).map(SettingSyntax<TimeToLive>.text)
  }
}

extension SettingSyntax<Duration?> {
  /// As `duration`, or `off`.
  static func optionalDuration(_ range: ClosedRange<Duration>) -> Self {
    let present = SettingSyntax<Duration>.duration(range)
    return Self("off, or " + present.takes) { content in
      if content.text == "off" { return .some(nil) }
      return (try? present.read(content)).map { .some($0) }
    } show: { duration in
      duration.map { SettingSyntax<Duration>.text($0) ?? "" } ?? "off"
    }
  }
}
