import CloakroomCore
import Testing

@testable import Cloakroom

@Suite("The presets of a configuration file", .timeLimit(.minutes(1)))
struct PresetTests {
  private static func read(
    _ text: String
  ) throws -> (presets: [ByteString: Configuration.Pending.Preset], faults: [String]) {
    var reader = PresetReader(file: "/f")
    let presets = reader.presets(try JSONTree(parsing: Array(text.utf8)))
    return (presets, reader.faults.map { "\($0)" })
  }

  @Test("stand beside those that are built in, or in their place")
  func presets() throws {
    let (presets, faults) = try Self.read(
      #"{"//":"x","form":{"expiresIn":"2h"},"quote":{"backend":"store","expiresIn":90,"oneTime":true,"seal":false,"maxAttempts":0}}"#
    )
    #expect(faults == [])
    #expect(presets.count == 6)
    #expect(presets["form"] == .init(expiresIn: try TimeToLive(seconds: 7200)))
    #expect(
      presets["quote"]
        == .init(
          backend: .store, expiresIn: try TimeToLive(seconds: 90), isOneTime: true,
          isSealed: false, maxAttempts: 0))
    #expect(presets["registration"] == .init(backend: .jwt, expiresIn: .day))
  }

  @Test(
    "are refused with the place and what it takes",
    arguments: [
      ("[]", "pending.presets"), (#"{"":{}}"#, "pending.presets"),
      (#"{"a":1}"#, "pending.presets.a"), (#"{"a":{"ttl":1}}"#, "pending.presets.a.ttl"),
      (#"{"a":{"backend":"redis"}}"#, "pending.presets.a.backend"),
      (#"{"a":{"expiresIn":0}}"#, "pending.presets.a.expiresIn"),
      (#"{"a":{"expiresIn":"1y"}}"#, "pending.presets.a.expiresIn"),
      (#"{"a":{"oneTime":1}}"#, "pending.presets.a.oneTime"),
      (#"{"a":{"seal":"no"}}"#, "pending.presets.a.seal"),
      (#"{"a":{"maxAttempts":-1}}"#, "pending.presets.a.maxAttempts"),
    ])
  func faults(text: String, place: String) throws {
    let faults = try Self.read(text).faults
    #expect(faults.count == 1)
    #expect(faults.first?.contains(place) == true, "\(faults)")
  }
}
