/// Picks numbers of keys, by SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014): the system's own generator would cost a system call a request.
struct KeyPicker {
  private var state: UInt64 = 0

  /// A number below `count`, each as likely as any other but for 2⁻³⁷ of bias.
  mutating func next(below count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(clamping: count)).high)
  }
}
