/// Numbers for people.
enum Numbers {
  /// A number with so many digits behind the point, 0 to 6.
  static func fixed(_ number: Double, places: Int) -> String {
    let scale = (0..<min(max(places, 0), 6)).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (number * scale).rounded()
    guard scaled.magnitude < 1e15 else { return "\(number)" }
    let digits = Int64(scaled.magnitude)
    let sign = scaled < 0 ? "-" : ""
    guard places > 0 else { return sign + "\(digits)" }
    let unit = Int64(scale)
    let fraction = String(digits % unit)
    return sign + "\(digits / unit)." + String(repeating: "0", count: places - fraction.count)
      + fraction
  }

  /// A whole number in groups of three digits.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A number of bytes in the unit that suits it.
  static func bytes(_ count: Double) -> String {
    var rest = count
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if rest.magnitude < 1024 { return fixed(rest, places: unit == "B" ? 0 : 1) + " " + unit }
      rest /= 1024
    }
    return fixed(rest, places: 1) + " TiB"
  }

  /// A time in milliseconds, in the units that suit it.
  static func milliseconds(_ count: Double) -> String {
    guard count.magnitude >= 1 else { return fixed(count * 1000, places: 0) + " µs" }
    guard count.magnitude >= 1000 else { return fixed(count, places: 1) + " ms" }
    guard count.magnitude >= 60_000 else { return fixed(count / 1000, places: 1) + " s" }
    guard count.magnitude < 1e15 else { return "\(count) ms" }
    let seconds = Int64(count / 1000)
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"),
      (seconds % 60, "s"),
    ]
    // The two largest units tell enough.
    return parts.drop { $0.0 == 0 }.prefix(2).map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }
}

extension Duration {
  /// The same in seconds, without trailing zeros.
  var formatted: String {
    let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
    let text = Numbers.fixed(seconds, places: 3)
    let short = text.reversed().drop { $0 == "0" }
    return String((short.first == "." ? short.dropFirst() : short).reversed()) + " s"
  }
}
