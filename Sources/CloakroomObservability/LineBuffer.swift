/// Bytes of lines that are being made, in one piece of memory that is used over and over.
///
/// A line is some forty small appends. Done to an array, each would ask anew whether the array is
/// shared; this has one owner, which the compiler checks, and asks only whether there is room.
struct LineBuffer: ~Copyable {
  private var memory: UnsafeMutableBufferPointer<UInt8>
  /// How many bytes have been appended.
  private(set) var count = 0

  /// An empty buffer; appending past its capacity makes it larger.
  init(capacity: Int) {
    memory = .allocate(capacity: max(64, capacity))
  }

  deinit {
    memory.deallocate()
  }

  /// Forgets the bytes and keeps the memory.
  mutating func removeAll() {
    count = 0
  }

  /// Lends the bytes.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
  }

  /// Appends one byte.
  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    memory[count] = byte
    count += 1
  }

  /// Appends bytes.
  @inline(__always)
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    reserve(bytes.count)
    guard let source = bytes.baseAddress, let start = memory.baseAddress else { return }
    (start + count).update(from: source, count: bytes.count)
    count += bytes.count
  }

  /// Appends bytes.
  @inline(__always)
  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { append($0) }
  }

  /// Appends a literal.
  @inline(__always)
  mutating func append(_ literal: StaticString) {
    append(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Appends a whole number in decimal.
  mutating func append(decimal number: UInt64) {
    // 20 digits are the most there are.
    reserve(20)
    var length = 1
    var rest = number
    while rest >= 10 {
      rest /= 10
      length += 1
    }
    rest = number
    for position in stride(from: count + length - 1, through: count, by: -1) {
      memory[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += length
  }

  /// Appends a whole number in decimal that may be negative.
  mutating func append(decimal number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: number.magnitude)
  }

  /// Appends 16 hexadecimal digits.
  mutating func append(hexadecimal number: UInt64) {
    reserve(16)
    var rest = number
    for position in stride(from: count + 15, through: count, by: -1) {
      memory[position] = Self.hexadecimalDigit(UInt8(truncatingIfNeeded: rest & 15))
      rest >>= 4
    }
    count += 16
  }

  /// The digit of a number from 0 to 15.
  static func hexadecimalDigit(_ number: UInt8) -> UInt8 {
    number < 10 ? UInt8(ascii: "0") &+ number : UInt8(ascii: "a") &- 10 &+ number
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if more > memory.count - count { grow(by: more) }
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(
      capacity: max(count + more, 2 * memory.count))
    _ = larger.update(fromContentsOf: memory[..<count])
    memory.deallocate()
    memory = larger
  }
}
