internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// A session's data as they are stored: what everybody may see who has the session, and apart from that what
/// its flow calls sensitive, sealed.
struct SessionContent: Sendable, Equatable {
  /// The data, without what is sealed.
  var visible: ByteBuffer
  /// The members that are sealed, as a line of text; nil when there are none.
  var sealed: ByteBuffer?

  /// Nothing.
  static let none = SessionContent(visible: ByteBuffer())

  /// The data's etag: of the stored bytes, those that are sealed among them.
  var etag: String {
    guard let sealed else { return ETag.of(visible) }
    var text = sealed
    text.writeStaticString("\n")
    text.writeImmutableBuffer(visible)
    return ETag.of(text)
  }

  /// The whole of the data.
  ///
  /// - Throws: what keeps the sealed part from being opened.
  func whole(_ flow: Flow?, _ seal: SessionSeal) throws(RPCError) -> ByteBuffer {
    guard let sealed, let flow else { return visible }
    return flow.sealed.join(visible, try seal.open(sealed))
  }

  /// Puts other data in the place of these. What is sealed stays the same text as long as its content is the
  /// same.
  ///
  /// - Parameter whole: the data, with what is to be sealed.
  /// - Throws: VALIDATION_FAILED for a member that must not be brought, UNAVAILABLE without a sealing key.
  mutating func replace(
    by whole: ByteBuffer, _ flow: Flow?, _ seal: SessionSeal
  ) throws(RPCError) {
    guard let flow, !flow.sensitive.isEmpty else {
      self = SessionContent(visible: whole)
      return
    }
    if let place = flow.refused.firstPlace(in: whole) {
      throw .sensitive(place)
    }
    let (visible, hidden) = flow.sealed.split(whole)
    var next = SessionContent(visible: visible)
    if let hidden {
      if let sealed, try seal.open(sealed) == hidden {
        next.sealed = sealed
      } else {
        next.sealed = try seal.seal(hidden)
      }
    }
    self = next
  }

  // MARK: As the store has it

  /// What stands behind a record's header.
  var stored: ByteBuffer {
    guard var text = sealed else { return visible }
    text.writeStaticString("\n")
    text.writeImmutableBuffer(visible)
    return text
  }

  /// Reads what stands behind a record's header; nil when it is none.
  init?(stored: ByteBuffer, isSealed: Bool) {
    guard isSealed else {
      self.init(visible: stored)
      return
    }
    var rest = stored
    guard let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
      let sealed = rest.readSlice(length: end - rest.readerIndex)
    else { return nil }
    rest.moveReaderIndex(forwardBy: 1)
    self.init(visible: rest, sealed: sealed)
  }

  init(visible: ByteBuffer, sealed: ByteBuffer? = nil) {
    self.visible = visible
    self.sealed = sealed
  }
}

extension RPCError {
  /// The data have a member that the flow doesn't take.
  fileprivate static func sensitive(_ place: String) -> RPCError {
    RPCError(
      .validationFailed, "the flow does not take this member: it is sensitive",
      details: [
        .list(
          "violations",
          [
            [
              .text("pointer", place), .text("keyword", "/sensitive"),
              .text("message", "must not be sent"),
            ]
          ]),
        .text("recovery", "fix"),
      ])
  }
}
