import CloakroomClient
import CloakroomCore

/// Runs a load on the sidecar, and on Redis in turn with it, operation by operation.
struct BenchContest {
  let subject: BenchSubject
  let limit: LoadLimit
  let runs: Int
  let progress: BenchProgress
  let load: (LoadTarget) throws(LoadFault) -> any BenchLoad

  /// A server, its load, and what was measured so far.
  private struct Contestant {
    let name: String
    let load: any BenchLoad
    /// Of each operation.
    var results: [[LoadResult]]
  }

  /// Connects, measures, and takes away what was left behind.
  func measure(
    _ location: SidecarLocation, redis: RedisEndpoint?
  ) throws(Exchange.Failure) -> BenchReport {
    defer { progress.clear() }
    var contestants: [Contestant] = []
    defer {
      for contestant in contestants {
        progress.show("\(contestant.name): removing what was left")
        // A server that has failed is asked in vain.
        try? contestant.load.remove()
      }
    }
    do throws(LoadFault) {
      contestants.append(try contestant("sidecar", .sidecar(at: location.path)))
    } catch {
      throw Exchange.Failure(error, ofSidecarAt: location)
    }
    if let redis {
      do throws(LoadFault) {
        contestants.append(try contestant("redis", .redis(redis)))
      } catch {
        throw Exchange.Failure(error, of: redis)
      }
    }
    for run in 0..<runs {
      for operation in subject.operations.indices {
        // Who goes first changes, so that neither always finds what the other left behind.
        let order = contestants.indices.sorted { run % 2 == 0 ? $0 < $1 : $0 > $1 }
        for index in order where !Interrupt.hasCome {
          let result = try measure(contestants[index], operation, run)
          contestants[index].results[operation].append(result)
        }
      }
    }
    return report(contestants)
  }

  private func contestant(
    _ name: String, _ target: LoadTarget
  ) throws(LoadFault) -> Contestant {
    progress.show("\(name): getting ready")
    return Contestant(
      name: name, load: try load(target), results: subject.operations.map { _ in [] })
  }

  private func measure(
    _ contestant: Contestant, _ operation: Int, _ run: Int
  ) throws(Exchange.Failure) -> LoadResult {
    let name = "\(subject.operations[operation]), \(contestant.name)"
    let head = "run \(run + 1) of \(runs), \(name): "
    do throws(LoadFault) {
      return try contestant.load.run(operation, until: limit) { done, seconds in
        let rate = Numbers.grouped(Int(Double(done) / max(seconds, 0.001)))
        progress.show(head + "\(Numbers.fixed(seconds, places: 1)) s, \(rate) \(subject.unit)")
        return !Interrupt.hasCome
      }
    } catch {
      throw Exchange.Failure(error, of: contestant.name)
    }
  }

  private func report(_ contestants: [Contestant]) -> BenchReport {
    let rows = subject.operations.indices.flatMap { operation in
      contestants.filter { !$0.results[operation].isEmpty }.map { contestant in
        BenchReport.Row(
          operation: subject.operations[operation], target: contestant.name,
          results: contestant.results[operation])
      }
    }
    return BenchReport(subject: subject, rows: rows, isInterrupted: Interrupt.hasCome)
  }
}

/// What is measured, for people and for programs.
struct BenchSubject: Sendable {
  /// What is measured, one after the other: the names that results go by.
  var operations: [String]
  /// What is counted.
  var unit = "req/s"
  /// How it is measured, in words.
  var description: String
  /// How it is measured, in numbers: members of the JSON.
  var numbers: [(name: String, value: Int)]
}

/// Shows on a terminal how far a measurement is; prints nothing anywhere else.
struct BenchProgress {
  let isShown: Bool

  /// Replaces what was shown.
  func show(_ text: String) {
    // CSI K erases what a longer text left of the line (ECMA-48, section 8.3.41).
    if isShown { Terminal.write(Array("\r\(text)\u{1B}[K".utf8), to: .error) }
  }

  /// Takes away what was shown.
  func clear() { show("") }
}
