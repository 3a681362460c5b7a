public import CloakroomCore
public import CloakroomMethods
internal import Glibc

/// A folder of flows: every `*.json` in it is one, `{"name": …, "steps": …}`; the name is the file's own where
/// it doesn't say.
public struct FlowFolder: Sendable {
  /// How many files a folder has at most.
  private static let mostFiles = 256
  /// How long a file is at most, in bytes: a definition, and its name.
  private static let fileBytes = (256 << 10) + 1024

  /// Where it is.
  public let path: String
  /// How long a session lives where a file doesn't say.
  private let defaultTTL: TimeToLive

  /// Names a folder.
  public init(_ path: String, defaultTTL: TimeToLive) {
    self.path = path
    self.defaultTTL = defaultTTL
  }

  /// Reads and compiles all flows, in the order of their files' names.
  ///
  /// - Throws: everything that is wrong with the folder and the files in it, each with the file and the place
  ///   in it; there are no flows at all then.
  public func read() throws(ConfigurationFaults) -> [FlowFile] {
    var faults: [ConfigurationFault] = []
    let names: [String]
    do throws(ConfigurationFault) {
      names = try entries()
    } catch {
      throw ConfigurationFaults(faults: [error])
    }
    if names.count > Self.mostFiles {
      faults.append(ConfigurationFault(.file(path), "has more than \(Self.mostFiles) flows"))
    }
    var files: [(path: String, flow: FlowFile)] = []
    for name in names.prefix(Self.mostFiles) {
      let path = path + "/" + name
      do throws(ConfigurationFault) {
        let flow = try Self.read(path, defaultTTL: defaultTTL)
        if let other = files.first(where: { $0.flow.name == flow.name }) {
          throw ConfigurationFault(.file(path), "has the name of the flow in \(other.path)")
        }
        files.append((path, flow))
      } catch {
        faults.append(error)
      }
    }
    guard faults.isEmpty else { throw ConfigurationFaults(faults: faults) }
    return files.map(\.flow)
  }

  /// Reads and compiles one file.
  ///
  /// - Throws: what is wrong with it, and where.
  public static func read(
    _ path: String, defaultTTL: TimeToLive
  ) throws(ConfigurationFault) -> FlowFile {
    let text: [UInt8]
    do throws(SmallFile.Fault) {
      text = try SmallFile.read(path, limit: fileBytes)
    } catch {
      throw ConfigurationFault(.file(path), error.message)
    }
    return try compile(text, path, defaultTTL: defaultTTL)
  }

  /// Compiles what is in a file.
  ///
  /// - Throws: likewise.
  public static func compile(
    _ text: [UInt8], _ path: String, defaultTTL: TimeToLive
  ) throws(ConfigurationFault) -> FlowFile {
    do throws(JSONTree.SyntaxFault) {
      _ = try JSONTree(parsing: text)
    } catch {
      throw ConfigurationFault(
        .text(file: path, line: error.line, column: error.column),
        "is not valid JSON: " + error.message)
    }
    var stem = path.split(separator: "/").last.map(String.init) ?? path
    if stem.hasSuffix(".json") { stem.removeLast(5) }
    do throws(RPCError) {
      return try FlowFile(text, stem: stem, defaultTTL: defaultTTL)
    } catch {
      throw ConfigurationFault(.file(path), error.message)
    }
  }

  /// The names of the flows' files, sorted.
  private func entries() throws(ConfigurationFault) -> [String] {
    guard let folder = opendir(path) else {
      throw ConfigurationFault(.file(path), "can't be read: " + SystemError.text(errno))
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".json"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
