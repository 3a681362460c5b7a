import CloakroomClient
import CloakroomCore

/// Runs a load on the sidecar, and on Redis in turn with it.
struct BenchContest {
  /// What is measured; it has one operation.
  let subject: BenchSubject
  let limit: LoadLimit
  let runs: Int
  let progress: BenchProgress
  let load: (LoadTarget) throws(LoadFault) -> any BenchLoad

  /// A server, its load, and what was measured so far.
  private struct Contestant {
    let name: String
    let load: any BenchLoad
    var results: [LoadResult] = []
  }

  /// Connects, measures, and takes away what was left behind.
  func measure(
    _ location: SidecarLocation, redis: RedisEndpoint?
  ) throws(Exchange.Failure) -> BenchReport {
    defer { progress.clear() }
    var contestants: [Contestant] = []
    defer {
      // A server that has failed is asked in vain.
      for contestant in contestants { try? contestant.load.remove() }
    }
    do throws(LoadFault) {
      contestants.append(
        Contestant(name: "sidecar", load: try load(.sidecar(at: location.path))))
    } catch {
      throw Exchange.Failure(error, ofSidecarAt: location)
    }
    if let redis {
      do throws(LoadFault) {
        contestants.append(Contestant(name: "redis", load: try load(.redis(redis))))
      } catch {
        throw Exchange.Failure(error, of: redis)
      }
    }
    for run in 0..<runs {
      // Who goes first changes, so that neither always finds what the other left behind.
      let order = contestants.indices.sorted { run % 2 == 0 ? $0 < $1 : $0 > $1 }
      for index in order where !Interrupt.hasCome {
        contestants[index].results.append(try measure(contestants[index], run))
      }
    }
    return report(contestants)
  }

  private func measure(
    _ contestant: Contestant, _ run: Int
  ) throws(Exchange.Failure) -> LoadResult {
    let head = "run \(run + 1) of \(runs), \(contestant.name): "
    do throws(LoadFault) {
      return try contestant.load.run(until: limit) { done, seconds in
        let rate = Numbers.grouped(Int(Double(done) / max(seconds, 0.001)))
        progress.show(head + "\(Numbers.fixed(seconds, places: 1)) s, \(rate) \(subject.unit)")
        return !Interrupt.hasCome
      }
    } catch {
      throw Exchange.Failure(error, of: contestant.name)
    }
  }

  private func report(_ contestants: [Contestant]) -> BenchReport {
    let rows = contestants.filter { !$0.results.isEmpty }.map { contestant in
      BenchReport.Row(
        operation: subject.operations.first ?? "", target: contestant.name,
        runs: contestant.results.count, result: .median(of: contestant.results))
    }
    return BenchReport(subject: subject, rows: rows, isInterrupted: Interrupt.hasCome)
  }
}
