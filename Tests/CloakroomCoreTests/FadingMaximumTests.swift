import CloakroomCore
import Testing

@Suite("The greatest value of late", .timeLimit(.minutes(1)))
struct FadingMaximumTests {
  @Test("fades by half in each half-life")
  func fading() {
    var maximum = FadingMaximum(halfLife: 100)
    maximum.see(1024, now: 1000)
    #expect(
      [1000, 1099, 1100, 1250, 1300].map { maximum.value(now: $0) } == [1024, 1024, 512, 256, 128])
    maximum.see(300, now: 1200)
    #expect(maximum.value(now: 1200) == 300)
  }

  @Test("is forgotten however often smaller ones are seen, and no sooner for them")
  func busy() {
    var maximum = FadingMaximum(halfLife: 100)
    maximum.see(1024, now: 0)
    for now in UInt64(1)...1000 {
      maximum.see(1, now: now)
      #expect(maximum.value(now: now) == max(1, 1024 >> Int(now / 100)))
    }
  }

  @Test("takes times that are far apart, or go back")
  func times() {
    var maximum = FadingMaximum(halfLife: 0)
    maximum.see(.max, now: .max)
    maximum.see(7, now: 0)
    #expect(maximum.value(now: 0) == .max)
    #expect(maximum.value(now: .max) == .max)
  }
}
