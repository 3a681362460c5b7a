internal import Foundation
internal import Support
internal import Testing

/// What a running sidecar's memory holds of its keys, as a debugger could find out.
@Suite("A key's secret in memory", .timeLimit(.minutes(2)))
struct SecretMemoryTests {
  /// How often some bytes stand in the memory that a process can write to.
  private static func occurrences(of needle: [UInt8], in process: Int32) throws -> Int {
    let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
    let file = open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
    try #require(file >= 0, "errno \(errno)")
    defer { close(file) }
    var count = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    for line in maps.split(separator: "\n") where line.contains(" rw") {
      let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap {
        UInt($0, radix: 16)
      }
      guard ends.count == 2 else { continue }
      var place = ends[0]
      while place < ends[1] {
        // What stands on an edge is found by reading a little of it twice.
        let wanted = min(chunk.count, Int(ends[1] - place))
        let got = pread(file, &chunk, wanted, off_t(place))
        guard got > 0 else { break }
        count += chunk.withUnsafeBytes { Self.count(needle, in: $0.prefix(got)) }
        guard got == chunk.count else { break }
        place += UInt(got - needle.count + 1)
      }
    }
    return count
  }

  private static func count(_ needle: [UInt8], in bytes: Slice<UnsafeRawBufferPointer>) -> Int {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    guard let base = bytes.baseAddress, let first = needle.first else { return 0 }
    var (count, place) = (0, 0)
    while place + needle.count <= bytes.count,
      let found = memchr(base + place, Int32(first), bytes.count - needle.count + 1 - place)
    {
      place = UnsafeRawPointer(found) - base
      if memcmp(base + place, needle, needle.count) == 0 { count += 1 }
      place += 1
    }
    return count
  }

  /// The text of a key's secret, as its file has it, and the secret itself; of either the end, as the
  /// allocator writes over the beginning of what was given back.
  private static func secret(_ keys: TokenKeys, _ name: String) throws -> (
    text: [UInt8], bytes: [UInt8]
  ) {
    let file = TextFile.read("\(keys.path)/\(name).jwk")
    let object = try JSONSerialization.jsonObject(with: Data(file.utf8)) as? [String: Any]
    let text = try #require(object?["k"] as? String)
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    let data = try #require(Data(base64Encoded: standard + padding))
    return (Array(text.utf8.suffix(24)), Array(data.suffix(16)))
  }

  /// Makes a file long, with the key in its middle: what is read is then in memory that nothing small
  /// is soon put into.
  private static func lengthen(_ path: String) throws {
    let space = String(repeating: " ", count: 30_000)
    let text = TextFile.read(path)
    try TextFile.write("{\(space)\(text.dropFirst())\(space)", to: path)
    try #require(chmod(path, 0o600) == 0)
  }

  @Test("is never the text of its file, and is gone once the key is retired")
  func retired() throws {
    let keys = try TokenKeys(["HS512", "A256GCM", "HS256"])
    let secrets = try ["HS512", "A256GCM"].map { try Self.secret(keys, $0) }
    try Self.lengthen("\(keys.path)/HS512.jwk")
    let daemon = try Daemon(["--keys", keys.path])
    let client = try daemon.client()
    for params in [#"{"keyId":"HS512"}"#, #"{"keyId":"HS512","seal":true}"#] {
      #expect(try client.call("jwt.sign", params).reason == nil)
    }
    for (text, bytes) in secrets {
      #expect(try Self.occurrences(of: text, in: daemon.process.id) == 0)
      // It is found where it has to be, so it would be found elsewhere.
      #expect(try Self.occurrences(of: bytes, in: daemon.process.id) > 0)
    }
    for name in ["HS512", "A256GCM"] { try keys.run("retire", name) }
    daemon.process.signal(SIGHUP)
    let isRetired = try eventually {
      try client.call("jwt.sign", #"{"keyId":"HS512"}"#).reason == "INVALID_PARAMS"
    }
    #expect(isRetired)
    for (text, bytes) in secrets {
      #expect(try Self.occurrences(of: text, in: daemon.process.id) == 0)
      let isGone = try eventually {
        try Self.occurrences(of: bytes, in: daemon.process.id) == 0
      }
      #expect(isGone)
    }
  }
}
