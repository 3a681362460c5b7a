/// A schema within a compiled schema.
struct Subschema: Sendable {
  /// Where it is, as JSON Pointer into the schema's text.
  let location: String
  /// In the order in which they are applied: what is about the unevaluated comes last.
  var keywords: [Keyword]

  /// Whether it must be known what the other keywords have been applied to.
  var needsMarks: Bool { keywords.last?.isUnevaluated ?? false }
}
