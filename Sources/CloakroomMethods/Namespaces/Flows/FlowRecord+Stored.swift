internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// How the store has a flow: what is said of it in the header, the definitions as a JSON array behind it.
extension FlowRecord {
  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
    guard let name = header.text("name"),
      let state = header.text("state").flatMap({ State(rawValue: $0) }),
      let source = header.text("source").flatMap({ Source(rawValue: $0) }),
      let version = header.number("version"), let last = header.number("last"),
      let kept = header.number("kept"), let definitions = Self.definitions(in: data)
    else { throw .notARecord }
    self.init(
      name: name, state: state, source: source, version: version, lastVersion: last,
      definitions: definitions, keptUntilMs: kept)
  }

  func write(to header: inout RecordHeaderWriter) {
    header.write("name", name)
    header.write("state", state.rawValue)
    header.write("source", source.rawValue)
    header.write("version", version)
    header.write("last", lastVersion)
    header.write("kept", keptUntilMs)
  }

  var data: ByteBuffer {
    var data = ByteBuffer()
    data.reserveCapacity(
      definitions.reduce(2) { $0 + $1.text.readableBytes + 192 })
    for (index, definition) in definitions.enumerated() {
      data.writeStaticString(index == 0 ? "[{\"version\":" : ",{\"version\":")
      data.writeDecimal(definition.version)
      data.writeStaticString(",\"digest\":\"")
      data.writeString(definition.digest)
      data.writeStaticString("\",\"defined\":")
      data.writeDecimal(definition.definedAtMs)
      data.writeStaticString(",\"life\":")
      data.writeDecimal(definition.lifeMs)
      if let until = definition.untilMs {
        data.writeStaticString(",\"until\":")
        data.writeDecimal(until)
      }
      if definition.heldUntilMs > 0 {
        data.writeStaticString(",\"held\":")
        data.writeDecimal(definition.heldUntilMs)
      }
      data.writeStaticString(",\"definition\":")
      data.writeImmutableBuffer(definition.text)
      data.writeStaticString("}")
    }
    data.writeStaticString(definitions.isEmpty ? "[]" : "]")
    return data
  }

  private static func definitions(in data: ByteBuffer) -> [Definition]? {
    let text = data.readableBytesSpan
    guard data.readableBytesView.first == UInt8(ascii: "["),
      let parts = JSONParts.of(
        ByteRange(0..<data.readableBytes), in: text, atMost: mostDefinitions)
    else { return nil }
    var definitions: [Definition] = []
    for part in parts {
      guard part.kind == .object, let members = JSONParts.of(part.value, in: text, atMost: 8)
      else { return nil }
      func number(_ name: StaticString) -> Int64? {
        members.first { $0.isNamed(name, in: text) && $0.kind == .number }
          .flatMap { JSONNumber.wholeNumber(text, $0.value) }
      }
      let digest = members.first { $0.isNamed("digest", in: text) }?.string(in: text)
      let definition = members.first { $0.isNamed("definition", in: text) }
      guard let version = number("version"), let digest, let defined = number("defined"),
        let life = number("life"), let definition, definition.kind == .object,
        let bytes = data.slice(definition.value)
      else { return nil }
      definitions.append(
        Definition(
          version: version, digest: digest, text: bytes, definedAtMs: defined, lifeMs: life,
          untilMs: number("until"), heldUntilMs: number("held") ?? 0))
    }
    return definitions
  }
}
