internal import CloakroomCore

/// How a flow's steps require each other.
struct FlowOrder: Sendable {
  /// The steps so that each comes behind those that it requires.
  let sorted: [Int]
  /// For each step, those that require it, be it by way of others.
  let dependents: [StepSet]

  /// Sorts steps.
  ///
  /// - Parameters:
  ///   - lists: each step's list of requirements in the definition, nil where it has none.
  ///   - nodes: each step in the definition.
  /// - Throws: INVALID_PARAMS for a circle, which is told, at one of the steps in it.
  init(_ steps: [Flow.Step], _ lists: [FlowNode?], _ nodes: [FlowNode]) throws(RPCError) {
    var sorted: [Int] = []
    var isDone = StepSet()
    for start in steps.indices {
      // Depth first; the way is at most as long as there are steps.
      var way = [(step: start, rest: steps[start].requires[...])]
      while let top = way.last {
        guard let next = top.rest.first, !isDone.contains(top.step) else {
          way.removeLast()
          if isDone.insert(top.step).inserted { sorted.append(top.step) }
          continue
        }
        way[way.count - 1].rest.removeFirst()
        if let first = way.firstIndex(where: { $0.step == next }) {
          let circle = way[first...].map { steps[$0.step].id } + [steps[next].id]
          throw (lists[top.step] ?? nodes[top.step]).fault(
            "the steps require each other in a circle: \(circle.joined(separator: " → "))")
        }
        if !isDone.contains(next) { way.append((next, steps[next].requires[...])) }
      }
    }
    var dependents = Array(repeating: StepSet(), count: steps.count)
    for step in sorted.reversed() {
      for requirement in steps[step].requires {
        dependents[requirement].insert(step)
        dependents[requirement].formUnion(dependents[step])
      }
    }
    self.sorted = sorted
    self.dependents = dependents
  }
}
