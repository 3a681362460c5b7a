internal import CloakroomStore

/// The lines of one event loop, and who stands in which.
struct BellLines {
  private var lines: [StoreKey: BellLine] = [:]
  private var names: [UInt32: StoreKey] = [:]

  /// Whether somebody has a place by that number.
  func has(_ id: UInt32) -> Bool { names[id] != nil }

  /// Takes a place at the end of a line.
  ///
  /// - Returns: the line if it is new, and has to be made to listen.
  mutating func join(_ name: StoreKey, _ bell: BellState, id: UInt32) -> BellLine? {
    names[id] = name
    if let line = lines[name], !line.isBroken {
      line.join(bell, id: id)
      return nil
    }
    let line = BellLine()
    lines[name] = line
    line.join(bell, id: id)
    return line
  }

  /// Gives a place up.
  ///
  /// - Returns: the line if nobody stands in it any more, and it has to stop listening.
  mutating func leave(_ id: UInt32) -> BellLine? {
    guard let name = names.removeValue(forKey: id), let line = lines[name] else { return nil }
    line.leave(id)
    guard line.isEmpty else { return nil }
    lines[name] = nil
    return line
  }
}
