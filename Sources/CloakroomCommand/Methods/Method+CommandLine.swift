import CloakroomMethods

extension Method {
  /// The method's example as a line for a shell.
  var commandLine: String {
    let params = "\(example.params)"
    let line = "cloakroom call \(name)"
    guard params != "{}" else { return line }
    return line + " '" + params.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: #"'\''"#) + "'"
  }
}
