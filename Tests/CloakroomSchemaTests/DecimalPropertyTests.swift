import Support
import Testing

@testable import CloakroomSchema

/// Numbers of all kinds against Python's `decimal`, which is exact where its context is wide enough.
@Suite("Numbers against Python's decimal", .timeLimit(.minutes(5)))
struct DecimalPropertyTests {
  /// Writes pairs of numbers, and what they are to each other.
  private static let program = """
    import decimal, random
    random.seed(SEED)
    context = decimal.getcontext()
    context.prec, context.Emax, context.Emin = 5000, decimal.MAX_EMAX, decimal.MIN_EMIN
    def digits(most):
        return "".join(random.choice("0123456789") for _ in range(random.randint(1, most)))
    def number(far):
        text = digits(random.choice([1, 3, 19, 20, 40, 120]))
        text = text.lstrip("0") or "0"
        if random.random() < 0.5:
            text += "." + digits(random.choice([1, 2, 20, 60]))
        if random.random() < 0.5:
            text += random.choice("eE") + random.choice(["", "+", "-"]) + str(random.randint(0, random.choice(far)))
        return random.choice(["", "", "-"]) + text
    def respelled(text):
        # The same number, by other digits and another exponent.
        sign, digits, exponent = decimal.Decimal(text).as_tuple()
        shift = random.randint(0, 30)
        text = "".join(map(str, digits)) + "0" * shift
        return "-" * sign + (text.lstrip("0") or "0") + "e%d" % (exponent - shift)
    def neighbour(text):
        sign, digits, exponent = decimal.Decimal(text).as_tuple()
        text = str(int("".join(map(str, digits))) * 10 + random.randint(0, 9))
        return "-" * sign + text + "e%d" % (exponent - 1)
    def show(a, b, kind, truth):
        print(kind, a, b, int(truth))
    for _ in range(COUNT):
        a = number([3, 30, 400, 10 ** 9, 10 ** 17])
        for b in (number([3, 30, 400, 10 ** 9, 10 ** 17]), respelled(a), neighbour(a)):
            show(a, b, "c", decimal.Decimal(a).compare(decimal.Decimal(b)))
    for _ in range(COUNT):
        divisor = number([3, 30, 300]).lstrip("-")
        if decimal.Decimal(divisor) == 0:
            continue
        times = random.choice([1, 7, random.randint(1, 10 ** 30)])
        whole = str(decimal.Decimal(divisor) * times)
        for a in (number([3, 30, 300]), whole, neighbour(whole), "-" + respelled(whole)):
            a = a.replace("E+", "e").replace("--", "")
            show(a, divisor, "m", decimal.Decimal(a) % decimal.Decimal(divisor) == 0)
    """

  private static func value(_ text: Substring) -> JSONNumber? {
    let bytes = Array(text.utf8)
    guard let document = try? JSONInstance(bytes.span.bytes).document,
      document.nodes[0].kind == .number
    else {
      Issue.record("no number: \(text)")
      return nil
    }
    return document.number(0)
  }

  @Test("are compared and divided as they are there", arguments: 1...4)
  func agrees(seed: Int) throws {
    let program = Self.program.replacing("SEED", with: "\(seed)").replacing("COUNT", with: "500")
    let (exit, output) = try Tool.run(["python3", "-c", program], within: .seconds(120))
    try #require(exit == .status(0), "\(output.suffix(500))")
    let lines = output.split(separator: "\n")
    #expect(lines.count > 3000)
    for line in lines {
      let parts = line.split(separator: " ")
      guard parts.count == 4, let left = Self.value(parts[1]), let right = Self.value(parts[2])
      else {
        Issue.record("\(line)")
        return
      }
      if parts[0] == "c" {
        let order = left < right ? "-1" : left == right ? "0" : "1"
        #expect(order == parts[3], "\(line)")
        if left == right { #expect(left.hash == right.hash, "\(line)") }
      } else {
        var budget = Budget(steps: 1_000_000)
        let isMultiple = try left.isMultiple(of: right, &budget)
        #expect(isMultiple == (parts[3] == "1"), "\(line)")
      }
    }
  }
}
