import ArgumentParser
import CloakroomCore
import CloakroomTokens
import NIOCore

/// `cloakroom bench tokens`: how long signing and verifying takes, without a sidecar.
struct BenchTokens: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens",
    abstract: "Measure making and verifying a token of each algorithm, on one thread.",
    discussion: """
      What it takes beside the cryptography is in it: JSON, base64 and the checks of claims. \
      `openssl speed` measures the cryptography alone. What is slower than 200 µs is done beside the \
      event loops.

      EXIT STATUS: 0 measured; 1 failed; 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("How long each is measured, in seconds.", valueName: "seconds"))
  var seconds = 0.5

  func run() throws { try outcome().finish() }

  /// The table.
  func outcome() throws -> Outcome {
    guard (0.001...60).contains(seconds) else {
      return .failure(.usage, "--seconds is between 0.001 and 60")
    }
    var lines = ["algorithm       sign/s      µs   verify/s      µs"]
    do {
      for algorithm in KeyAlgorithm.allCases where algorithm.isForSigning {
        lines.append(try measure(algorithm, seal: false))
      }
      lines.append(try measure(.hs256, seal: true))
    } catch let fault as KeyFault {
      return .failure(.failure, "a key \(fault)")
    } catch let error as RPCError {
      return .failure(.failure, error.message)
    }
    return .success(lines.joined(separator: "\n") + "\n")
  }

  private func measure(_ algorithm: KeyAlgorithm, seal: Bool) throws -> String {
    let ring = try KeyRing([
      TokenKey.random(algorithm, id: "bench"), TokenKey.random(.a256GCM, id: "bench-seal"),
    ])
    let now: Int64 = 1_767_225_600_000
    let claims = TokenClaims(
      own: ByteBuffer(string: #"{"role":"admin","tenant":"t-1234"}"#), subject: "user:123",
      issuedAtMs: now, expiresAtMs: now + 3_600_000)
    let token = try ring.sign(claims, seal: seal).text
    let signing = try time { _ = try ring.sign(claims, seal: seal) }
    let verifying = try time {
      _ = try ring.verify(token, expecting: TokenExpectation(), nowMs: now)
    }
    let name = algorithm.rawValue + (seal ? " sealed" : "")
    return Self.column(name, 12, isLeft: true)
      + [signing, verifying].map {
        Self.column("\(Int(1 / $0))", 10) + Self.column(Self.tenths($0 * 1e6), 8)
      }.joined(separator: " ")
  }

  /// How long one run takes, in seconds.
  private func time(_ body: () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    var runs = 0
    repeat {
      for _ in 0..<8 { try body() }
      runs += 8
    } while clock.now - start < .seconds(seconds)
    return (clock.now - start) / .seconds(1) / Double(runs)
  }

  private static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func column(_ text: String, _ width: Int, isLeft: Bool = false) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return isLeft ? text + space : space + text
  }
}
