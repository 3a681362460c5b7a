internal import CloakroomCore

extension MethodReference {
  /// The method table in Markdown: the parameters that all methods share, then each namespace under a
  /// heading of the second level and each method under one of the third.
  public static func markdown(table: MethodTable) -> String {
    let blocks = [
      "What a client may do when the answer to a call is lost stands with each method as its *effect*: "
        + "`read` and `set` may be repeated, `receipt` with the same receipt (of the caller's making), "
        + "`token` too (an unused token ends by itself), `step` only with an `idempotencyKey` that the "
        + "call had from the first time on, `connection` never.",
      "## Parameters of every method",
      "Given by name, beside the method's own.",
      rows(of: Parameter.common),
    ]
    return (blocks + describe(table.methods)).joined(separator: "\n\n") + "\n"
  }

  /// The errors in Markdown: which methods answer them, then a table of all.
  public static func errorsMarkdown(table: MethodTable) -> String {
    let blocks = [
      "An error's `data` has the `reason`, `retryable` (whether the same call, sent again later, may "
        + "succeed), and for some `retryAfterMs` and `details`. "
        + "\(list(Method.reasonsBefore)) come before any method, \(list(Method.reasonsOfAll)) from "
        + "every method, and \(list(Method.reasonsOfStore)) from every method that asks the store; "
        + "the others are named with their methods.",
      rows(of: table.reasons),
    ]
    return blocks.joined(separator: "\n\n") + "\n"
  }

  /// Some methods in Markdown, under the same headings, without what all methods share.
  public static func markdown(_ methods: [Method]) -> String {
    describe(methods).joined(separator: "\n\n") + "\n"
  }

  private static func describe(_ methods: [Method]) -> [String] {
    var blocks: [String] = []
    var namespace: Substring?
    for method in methods {
      if method.namespace != namespace { blocks.append("## `\(method.namespace)`") }
      namespace = method.namespace
      blocks += describe(method)
    }
    return blocks
  }

  private static func describe(_ method: Method) -> [String] {
    var blocks = ["### `\(method.name)`", method.summary]
    if !method.parameters.isEmpty { blocks.append(rows(of: method.parameters)) }
    var answers = "Result: `\(type(method.resultSchema))`."
    if !method.ownReasons.isEmpty { answers += " Errors: \(list(method.ownReasons))." }
    answers += " Effect: \(effect(of: method) { "`\($0)`" })."
    blocks.append(answers)
    blocks.append("```sh\n\(call(method))\n# \(method.example.result)\n```")
    return blocks
  }

  private static func rows(of parameters: [Parameter]) -> String {
    let rows = parameters.map { parameter in
      row([
        "`\(parameter.name)`", "`\(type(parameter.schema))`", parameter.isRequired ? "yes" : "",
        "\(parameter.summary)",
      ])
    }
    let head = ["| parameter | type | required | meaning |", "| --- | --- | --- | --- |"]
    return (head + rows).joined(separator: "\n")
  }

  private static func rows(of reasons: [Reason]) -> String {
    let rows = reasons.map { reason in
      row([
        "`\(reason.name)`", "\(reason.code)", reason.isRetryable ? "yes" : "", reason.message,
      ])
    }
    let head = ["| reason | code | retryable | meaning |", "| --- | --- | --- | --- |"]
    return (head + rows).joined(separator: "\n")
  }

  private static func row(_ cells: [String]) -> String {
    let escaped = cells.map { cell in
      cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: #"\|"#)
    }
    return "| \(escaped.joined(separator: " | ")) |"
  }

  private static func list(_ reasons: [Reason]) -> String {
    reasons.map { "`\($0.name)`" }.joined(separator: ", ")
  }
}
