internal import Support
internal import Testing

/// Both ways in which a connection can be framed.
enum WireFraming: CaseIterable, CustomTestStringConvertible {
  case lines
  case headers

  var testDescription: String {
    switch self {
    case .lines: "framed by lines"
    case .headers: "framed by Content-Length"
    }
  }

  /// The bytes of one text; where a frame is a line, line feeds in it become spaces.
  func frame(_ text: String) -> [UInt8] {
    switch self {
    case .lines: text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 } + [0x0A]
    case .headers: Array("Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
    }
  }

  /// The next text that a client is sent.
  func read(_ client: LineClient) throws -> String {
    switch self {
    case .lines: try client.readLine()
    case .headers: try client.readFramed()
    }
  }
}
