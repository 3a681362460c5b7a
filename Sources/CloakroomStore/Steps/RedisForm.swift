internal import CloakroomCore
public import CloakroomRedis
public import NIOCore

/// How Redis does a step.
public struct RedisForm: Sendable {
  /// The script that it is; nil for a single command.
  let script: RedisScript?
  /// The command's name; empty for a script.
  let command: String
  /// What may be done when the connection is lost under it; `.read` changes nothing.
  let resend: Resend

  /// A script: the names are its KEYS, the arguments its ARGV. Redis may refuse any of its commands, and
  /// takes nothing back (see `RedisScripts.need`).
  ///
  /// One that tells somebody something, which can't be taken back, gets `reserve` behind KEYS and ARGV
  /// where its answer is kept: what makes the record's first write. It begins with
  /// `local reserve = ...`.
  public static func script(_ resend: Resend, _ source: String) -> RedisForm {
    RedisForm(script: RedisScripts.script(source), command: "", resend: resend)
  }

  /// A single command: behind its name stand the names, and then the arguments. One that changes
  /// something has one name.
  public static func command(_ name: String, _ resend: Resend) -> RedisForm {
    RedisForm(script: nil, command: name, resend: resend)
  }
}

/// One argument of a script or command.
public enum RedisArgument: Sendable, ExpressibleByStringLiteral {
  /// Bytes as they are.
  case bytes(ByteBuffer)
  /// A text in UTF-8.
  case text(String)
  /// A whole number in decimal.
  case integer(Int64)

  /// A whole number in decimal.
  public static func number(_ number: Int64) -> RedisArgument { .integer(number) }

  /// A whole number in decimal.
  public static func number(_ number: Int) -> RedisArgument { .integer(Int64(number)) }

  /// A number, or an empty text in its place.
  public static func number(_ number: Int64?) -> RedisArgument {
    number.map { .integer($0) } ?? ""
  }

  /// A text that the program knows.
  public init(stringLiteral text: String) { self = .text(text) }
}

extension RedisArgument {
  /// As many bytes as it has, or more.
  var count: Int {
    switch self {
    case .bytes(let bytes): bytes.readableBytes
    case .text(let text): text.utf8.count
    case .integer: 20
    }
  }
}

extension RESPCommandWriter {
  mutating func write(argument: RedisArgument) {
    switch argument {
    case .bytes(let bytes): write(bytes)
    case .text(let text): write(string: text)
    case .integer(let number): write(number)
    }
  }
}
