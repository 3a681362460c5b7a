import Glibc

/// What libFuzzer calls with each text: the scanners must agree with jansson, but for the
/// differences that `JanssonVerdict` names, and what they find must lie inside of the text.
///
/// AddressSanitizer watches every load, as libFuzzer allocates each text at its exact size.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let fuzzed = FuzzedText(bytes: bytes, verdict: JanssonVerdict(bytes))
  fuzzed.checkValidation()
  fuzzed.checkRequest()
  fuzzed.checkBatch()
  fuzzed.checkStrings()
  return 0
}

/// One text and what jansson says of it.
struct FuzzedText {
  let bytes: UnsafeRawBufferPointer
  let verdict: JanssonVerdict

  func checkValidation() {
    do throws(JSONFault) {
      try JSONScanner.validate(bytes.bytes, depthLimit: JSONScanner.greatestDepthLimit)
      expect(verdict.agrees(refused: false, atNUL: false), "accepted what jansson refuses")
    } catch {
      expect(
        verdict.agrees(refused: true, atNUL: isNUL(error)), "refused what jansson accepts")
    }
  }

  func checkRequest() {
    var scanner = RequestScanner(depthLimit: JSONScanner.greatestDepthLimit)
    do throws(JSONFault) {
      try scanner.scan(bytes.bytes)
      expect(verdict.agrees(refused: false, atNUL: false), "request accepted, jansson refuses")
    } catch {
      expect(
        verdict.agrees(refused: true, atNUL: isNUL(error)), "request refused, jansson accepts")
      return
    }
    for range in [scanner.id, scanner.params].compactMap({ $0 }) { checkValue(range, nil) }
    for member in scanner.members {
      checkValue(member.value, member.kind)
      expect(member.name.end <= member.value.start, "a name behind its value")
      expect(
        member.hasLineBreaks == contains(member.value, [0x0A, 0x0D]), "line breaks told wrongly")
      if member.kind == .string {
        expect(member.hasEscapes == contains(member.value, [0x5C]), "escapes told wrongly")
      }
    }
    guard case .accepts(let value) = verdict else { return }
    expect(scanner.isObject == value.isObject, "object or not")
    guard scanner.isObject, !scanner.hasDuplicates else { return }
    expect((scanner.id != nil) == value.has("id"), "id there or not")
    expect((scanner.params != nil) == value.has("params"), "params there or not")
    expect(scanner.hasVersion == (value.string("jsonrpc") == Array("2.0".utf8)), "the version")
    var method: [UInt8]?
    if let range = scanner.method, scanner.methodKind == .string { method = decoded(range) }
    expect(method == value.string("method"), "the method")
  }

  func checkBatch() {
    guard BatchScanner.isBatch(bytes.bytes) else { return }
    var scanner = BatchScanner(depthLimit: JSONScanner.greatestDepthLimit - 1, elementLimit: 10)
    do throws(JSONFault) {
      try scanner.scan(bytes.bytes)
      expect(verdict.agrees(refused: false, atNUL: false), "batch accepted, jansson refuses")
    } catch {
      expect(verdict.agrees(refused: true, atNUL: isNUL(error)), "batch refused, jansson accepts")
      return
    }
    for element in scanner.elements { checkValue(element, nil) }
    if case .accepts(let value) = verdict { expect(scanner.count == value.count, "batch length") }
  }

  /// Decoding must do no harm to bytes that were never scanned, and what was quoted must be a
  /// JSON string that decodes to the same.
  func checkStrings() {
    _ = decoded(ByteRange(0..<bytes.count))
    _ = decoded(ByteRange(0..<bytes.count + 1))
    var quoted: [UInt8] = []
    JSONString.quote(bytes.bytes, into: &quoted)
    do throws(JSONFault) {
      let kind = try JSONScanner.validate(quoted.span.bytes)
      expect(kind == .string, "what was quoted is no string")
      var plain: [UInt8] = []
      let content = ByteRange(1..<quoted.count - 1)
      try JSONString.decode(quoted.span.bytes, content, into: &plain)
      expect(
        String(decoding: plain, as: UTF8.self) == String(decoding: bytes, as: UTF8.self),
        "quoting and decoding changed a text")
    } catch {
      expect(false, "what was quoted is no JSON")
    }
  }

  private func checkValue(_ range: ByteRange, _ kind: JSONKind?) {
    guard range.start < range.end, range.end <= bytes.count else {
      return expect(false, "a range outside of the text")
    }
    do throws(JSONFault) {
      let scanned = try JSONScanner.validate(
        bytes.bytes.extracting(range.offsets), depthLimit: JSONScanner.greatestDepthLimit)
      expect(kind == nil || kind == scanned, "a value of another kind")
    } catch {
      expect(false, "a value that is no JSON")
    }
  }

  private func decoded(_ content: ByteRange) -> [UInt8]? {
    var output: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(bytes.bytes, content, into: &output)
      return output
    } catch {
      return nil
    }
  }

  /// Whether one of the bytes stands in the range. A raw line break can only stand between tokens,
  /// as strings with one are refused.
  private func contains(_ range: ByteRange, _ wanted: [UInt8]) -> Bool {
    bytes[range.offsets].contains { wanted.contains($0) }
  }

  private func isNUL(_ fault: JSONFault) -> Bool {
    guard case .syntax(let offset) = fault, offset < bytes.count else { return false }
    return bytes[offset] == 0
  }

  /// Ends the process, which libFuzzer reports together with the text.
  private func expect(_ condition: Bool, _ message: StaticString) {
    guard !condition else { return }
    _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
    _ = write(STDERR_FILENO, "\n", 1)
    abort()
  }
}
