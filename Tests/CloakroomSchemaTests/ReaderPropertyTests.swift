import CloakroomSchema
import Support
import Testing

/// Values of all kinds, each written by Python in several ways.
@Suite("Values that are spelled in several ways", .timeLimit(.minutes(2)))
struct ReaderPropertyTests {
  /// Writes a value, the same spelled otherwise, and another value, on one line.
  private static let program = #"""
    import json, random
    random.seed(SEED)
    names = ["", "a", "a/b", "~", "\u0000", "é", "😀", '"', "\\", "\n", "toString"]
    def value(depth):
        kind = random.randint(0, 7 if depth else 5)
        if kind == 0: return random.choice([None, True, False])
        if kind == 1: return random.randint(-10 ** random.randint(1, 40), 10 ** random.randint(1, 40))
        if kind == 2: return random.uniform(-1, 1) * 10 ** random.randint(-300, 300)
        if kind < 6: return "".join(random.choice(names) for _ in range(random.randint(0, 5)))
        count = random.randint(0, 5)
        if kind == 6: return [value(depth - 1) for _ in range(count)]
        return {random.choice(names) + random.choice(names): value(depth - 1) for _ in range(count)}
    def shuffled(value):
        if isinstance(value, list): return [shuffled(part) for part in value]
        if not isinstance(value, dict): return value
        names = list(value)
        random.shuffle(names)
        return {name: shuffled(value[name]) for name in names}
    for _ in range(COUNT):
        one = value(4)
        other = [one, 1] if random.random() < 0.5 else {"x": one}
        print(json.dumps(one, ensure_ascii=False, separators=(",", ":")),
            json.dumps(shuffled(one), separators=(" , ", " : ")), json.dumps(other), sep="\t")
    """#

  @Test("are equal to themselves, and to nothing else", arguments: 1...3)
  func agrees(seed: Int) throws {
    let program = Self.program.replacing("SEED", with: "\(seed)").replacing("COUNT", with: "1000")
    let (exit, output) = try Tool.run(["python3", "-c", program], within: .seconds(60))
    try #require(exit == .status(0), "\(output.suffix(500))")
    let lines = output.split(separator: "\n")
    #expect(lines.count == 1000)
    for line in lines {
      let parts = line.split(separator: "\t").map(String.init)
      try #require(parts.count == 3, "\(line)")
      for (schema, value, isValid) in [
        (parts[0], parts[1], true), (parts[1], parts[0], true), (parts[0], parts[2], false),
      ] {
        let violations = try JSONSchema(#"{"const": \#(schema)}"#).validate(value)
        #expect(violations.isEmpty == isValid, "\(line)")
      }
    }
  }
}
