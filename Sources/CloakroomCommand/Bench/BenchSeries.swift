import CloakroomClient
import CloakroomCore

/// Measures the sidecar, and Redis in turn with it.
struct BenchSeries {
  let plan: BenchPlan
  let patience: Duration
  let progress: BenchProgress

  /// A server, its connections, and what it was measured at so far.
  private struct Contestant {
    let name: String
    let loop: LoadLoop
    var results: [LoadWork.Operation: [LoadResult]] = [:]
  }

  /// Writes the values, measures, and removes them.
  func measure(
    _ location: SidecarLocation, redis: RedisEndpoint?
  ) throws(Exchange.Failure) -> BenchReport {
    defer { progress.clear() }
    var contestants = [try sidecar(location)]
    if let redis { contestants.append(try self.redis(redis)) }
    let work = plan.work()
    var fault: Exchange.Failure?
    do throws(Exchange.Failure) {
      for contestant in contestants { try fill(contestant, work) }
      for run in 0..<plan.runs {
        for operation in plan.operations {
          // Who goes first changes, so that neither always finds what the other left behind.
          let order = contestants.indices.sorted { run % 2 == 0 ? $0 < $1 : $0 > $1 }
          for index in order where !Interrupt.hasCome {
            let result = try measure(contestants[index], operation, work, run)
            contestants[index].results[operation, default: []].append(result)
          }
        }
      }
    } catch {
      fault = error
    }
    for contestant in contestants {
      progress.show("\(contestant.name): removing the values")
      // A server that has failed is asked in vain; its values expire.
      _ = try? contestant.loop.run(.remove, work, until: once)
    }
    if let fault { throw fault }
    return report(contestants)
  }

  private var once: LoadLimit { LoadLimit(requests: plan.keys, order: .sequential) }

  private func sidecar(_ location: SidecarLocation) throws(Exchange.Failure) -> Contestant {
    do throws(LoadFault) {
      return Contestant(name: "sidecar", loop: try loop(.sidecar(at: location.path)))
    } catch {
      throw Exchange.Failure(error, ofSidecarAt: location)
    }
  }

  private func redis(_ endpoint: RedisEndpoint) throws(Exchange.Failure) -> Contestant {
    do throws(LoadFault) {
      return Contestant(name: "redis", loop: try loop(.redis(endpoint)))
    } catch {
      throw Exchange.Failure(error, of: endpoint)
    }
  }

  private func loop(_ target: LoadTarget) throws(LoadFault) -> LoadLoop {
    try LoadLoop(
      target: target, connections: plan.connections, pipeline: plan.pipeline, patience: patience)
  }

  private func fill(_ contestant: Contestant, _ work: LoadWork) throws(Exchange.Failure) {
    progress.show("\(contestant.name): writing \(Numbers.grouped(plan.keys)) values")
    do throws(LoadFault) {
      let result = try contestant.loop.run(.set, work, until: once)
      if let error = result.firstError { throw .refused(error) }
    } catch {
      throw Exchange.Failure(error, of: contestant.name)
    }
  }

  private func measure(
    _ contestant: Contestant, _ operation: LoadWork.Operation, _ work: LoadWork, _ run: Int
  ) throws(Exchange.Failure) -> LoadResult {
    let head = "run \(run + 1) of \(plan.runs), \(operation.rawValue), \(contestant.name): "
    do throws(LoadFault) {
      return try contestant.loop.run(operation, work, until: plan.limit) { answered, seconds in
        let rate = Int(Double(answered) / max(seconds, 0.001))
        progress.show(
          head + "\(Numbers.fixed(seconds, places: 1)) s, \(Numbers.grouped(rate)) req/s")
        return !Interrupt.hasCome
      }
    } catch {
      throw Exchange.Failure(error, of: contestant.name)
    }
  }

  private func report(_ contestants: [Contestant]) -> BenchReport {
    var rows: [BenchReport.Row] = []
    for operation in plan.operations {
      for contestant in contestants {
        guard let results = contestant.results[operation] else { continue }
        rows.append(
          BenchReport.Row(
            operation: operation.rawValue, target: contestant.name, runs: results.count,
            result: .median(of: results)))
      }
    }
    return BenchReport(subject: plan.subject, rows: rows, isInterrupted: Interrupt.hasCome)
  }
}
