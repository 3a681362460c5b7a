import ArgumentParser
import CloakroomCore

/// A time on the command line: seconds, with a fraction or without, or a number with a unit.
struct Timeout: ExpressibleByArgument, Equatable {
  private static let longest = 86_400.0

  let duration: Duration

  init?(argument: String) {
    if let seconds = Double(argument) {
      guard seconds > 0, seconds <= Self.longest else { return nil }
      duration = .seconds(seconds)
    } else if let life = try? TimeToLive(text: argument.utf8) {
      guard life.milliseconds <= Int64(Self.longest) * 1000 else { return nil }
      duration = .milliseconds(life.milliseconds)
    } else {
      return nil
    }
  }
}
