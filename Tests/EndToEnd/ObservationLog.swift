internal import Foundation
internal import Support

/// The lines of an access log, taken apart.
struct ObservationLog {
  let path: String
  /// Kept as long as the log is.
  let folder: Folder

  /// A log in a folder.
  init(_ name: String = "access.log", in folder: Folder) {
    self.folder = folder
    path = folder.path + "/" + name
  }

  /// The whole lines that there are.
  var lines: [Substring] {
    var lines = TextFile.read(path).split(separator: "\n", omittingEmptySubsequences: false)
    lines.removeLast()
    return lines
  }

  /// The lines as objects; a line that is none is an empty one.
  var entries: [[String: Any]] {
    lines.map { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]) ?? [:]
    }
  }

  /// Waits for the entries of all calls with one of the given ids, as JSON texts.
  func entries(ids: [String]) -> [String: [String: Any]] {
    var found: [String: [String: Any]] = [:]
    eventually {
      found = [:]
      for entry in entries {
        if let id = entry["id"] as? String, ids.contains(id) { found[id] = entry }
      }
      return found.count == ids.count
    }
    return found
  }
}
