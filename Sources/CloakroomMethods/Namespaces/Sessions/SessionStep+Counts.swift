internal import CloakroomCore
internal import CloakroomStore

extension SessionStep {
  /// What is counted when it was done; nil where nothing is.
  private var event: SessionEvent? {
    switch self {
    case .create: .created
    case .update: .updated
    case .complete: .stepCompleted
    case .goTo: .moved
    case .delete: .deleted
    case .retire: .rotated
    case .checkout: .checkedOut
    case .commit: .completed
    case .release: .released
    case .reopen: .reopened
    case .succeed, .read, .show, .touch, .confirm, .discard, .withdraw, .settle: nil
    }
  }

  /// What the access log calls it.
  var action: SessionNote.Action {
    switch self {
    case .create, .succeed: .create
    case .read, .show: .read
    case .delete, .discard: .delete
    case .touch, .update, .complete, .goTo, .retire, .confirm, .checkout, .commit, .release,
      .withdraw, .reopen, .settle:
      .update
    }
  }

  /// The step of the flow that it is about; nil for none.
  var name: String? {
    switch self {
    case .complete(let step, _, _), .goTo(let step, _, _): step
    default: nil
    }
  }

  /// Counts that it was done, for the metrics.
  func tally(_ record: SessionRecord) -> Tally? {
    guard let event else { return nil }
    var step = record.step
    if case .complete(let completed, _, _) = self { step = completed }
    let flow = record.flow?.name
    return { [step] context in context.count(event, flow: flow, step: step) }
  }

  /// Counts why a step was not completed: for the metrics, and by the schema's keywords for the flow's
  /// statistics, which is not waited for.
  ///
  /// - Parameters:
  ///   - mark: the flow that the session goes through; nil for none.
  ///   - names: of the call, whose scope the flow's is a part of.
  func countRefusal(
    _ error: RPCError, on mark: FlowMark?, _ names: FlowNames, _ context: CallContext
  ) {
    guard case .complete(let step, _, _) = self,
      error.reason == .validationFailed || error.reason == .invalidStep
    else { return }
    context.count(.stepRefused, flow: mark?.name, step: step)
    let keywords = error.violatedKeywords
    guard let mark, !keywords.isEmpty,
      let statistics = try? names.statistics(of: mark.name, depth: mark.depth)
    else { return }
    context.takeBack(
      by: .step(
        AddCounts(
          errorsIn: statistics, version: mark.version, step: step, keywords: keywords,
          at: context.storeTimeMs)))
  }

  /// Whether a refusal of it is counted.
  var countsRefusals: Bool { if case .complete = self { true } else { false } }
}

extension RPCError {
  /// The keywords that data didn't fit, each once, in the order in which they were found.
  var violatedKeywords: [String] {
    var keywords: [String] = []
    for detail in details where detail.name == "violations" {
      guard case .list(let violations) = detail.value else { continue }
      for fact in violations.joined() where fact.name == "keyword" {
        guard case .text(let location) = fact.value else { continue }
        let keyword = Self.keyword(of: location)
        if !keywords.contains(keyword) { keywords.append(keyword) }
      }
    }
    return keywords
  }

  /// The last keyword in a place in a schema; what is none is a schema that nothing fits.
  private static func keyword(of location: String) -> String {
    location.split(separator: "/").reversed().lazy.map(String.init)
      .first { Self.keywords.contains($0) } ?? "false"
  }

  /// The keywords that can refuse something (JSON Schema 2020-12, Validation and Applicator).
  private static let keywords: Set<String> = [
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
    "maxContains", "minContains", "maxProperties", "minProperties", "required",
    "dependentRequired", "format", "contains", "not", "oneOf", "anyOf", "propertyNames",
    "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items",
  ]
}
