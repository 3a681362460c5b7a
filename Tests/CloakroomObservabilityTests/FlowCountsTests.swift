import CloakroomCore
import Testing

@testable import CloakroomObservability

@Suite("What happens to sessions", .timeLimit(.minutes(1)))
struct FlowCountsTests {
  /// The samples of sessions that there are.
  private func samples(_ snapshot: MetricsSnapshot) -> Set<String> {
    let text = MetricsText(
      snapshot: snapshot, process: ProcessFacts(), store: StoreGauges(isUp: true)
    ).render()
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    return Set(lines.filter { $0.hasPrefix("cloakroom_flow_") })
  }

  @Test("is counted by flow, and by step where it was given up or refused")
  func series() {
    let observer = LoopObserver(labels: testLabels)
    for event in SessionEvent.allCases { observer.count(event, flow: "project", step: "a") }
    observer.count(.expired, flow: "project", step: nil)
    observer.count(.created, flow: nil, step: "a")
    #expect(
      samples(observer.snapshot()) == [
        #"cloakroom_flow_sessions_total{flow="project",event="created"} 1"#,
        #"cloakroom_flow_sessions_total{flow="project",event="completed"} 1"#,
        #"cloakroom_flow_sessions_total{flow="project",event="deleted"} 1"#,
        #"cloakroom_flow_sessions_total{flow="project",event="dead"} 1"#,
        #"cloakroom_flow_sessions_total{flow="project",event="expired"} 2"#,
        #"cloakroom_flow_sessions_abandoned_total{flow="project",step="a"} 1"#,
        #"cloakroom_flow_sessions_abandoned_total{flow="project",step=""} 1"#,
        #"cloakroom_flow_step_refusals_total{flow="project",step="a"} 1"#,
      ])
    #expect(observer.snapshot().count(of: SessionEvent.created) == 2)
  }

  @Test("has so many series at most, however many flows there are, over all loops")
  func limits() {
    let flows = FlowLabels()
    let loops = (0..<2).map { _ in LoopObserver(labels: testLabels, flows: flows) }
    let (flowCount, stepCount) = (FlowLabels.flowLimit * 2, 20)
    for flow in 0..<flowCount {
      for step in 0..<stepCount {
        loops[(flow + step) % 2].count(.stepRefused, flow: "flow \(flow)", step: "step \(step)")
      }
    }
    let sum = loops.reduce(MetricsSnapshot(labels: testLabels)) { $0 + $1.snapshot() }
    let samples = samples(sum)
    #expect(samples.count <= FlowLabels.stepLimit + FlowLabels.flowLimit + 1)
    #expect(samples.count > FlowLabels.stepLimit)
    // None is lost.
    let total = samples.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
    #expect(total.reduce(0, +) == flowCount * stepCount)
    #expect(samples.contains { $0.contains(#"flow="other",step="other""#) })
    // What has a series keeps it.
    loops[1].count(.stepRefused, flow: "flow 0", step: "step 0")
    let again = loops.reduce(MetricsSnapshot(labels: testLabels)) { $0 + $1.snapshot() }
    let own = #"cloakroom_flow_step_refusals_total{flow="flow 0",step="step 0"} 2"#
    #expect(self.samples(again).contains(own))
  }
}
