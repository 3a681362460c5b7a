internal import Glibc

/// The users and groups that a configuration may name.
public struct Accounts: Sendable {
  /// A group as the system knows it.
  public struct Group: Sendable, Equatable {
    /// The group's id.
    public let id: UInt32
    /// The ids of the users who are listed as its members. Users whose own group it is are not.
    public let members: [UInt32]

    /// Describes a group.
    public init(id: UInt32, members: [UInt32]) {
      self.id = id
      self.members = members
    }
  }

  /// The id of a user; nil when there is no user of that name.
  public let userID: @Sendable (_ name: String) -> UInt32?
  /// A group by its name; nil when there is none.
  public let group: @Sendable (_ name: String) -> Group?
  /// A group by its id; nil when there is none.
  public let groupOfID: @Sendable (_ id: UInt32) -> Group?

  /// Takes accounts from wherever they are.
  public init(
    userID: @escaping @Sendable (_ name: String) -> UInt32?,
    group: @escaping @Sendable (_ name: String) -> Group?,
    groupOfID: @escaping @Sendable (_ id: UInt32) -> Group?
  ) {
    self.userID = userID
    self.group = group
    self.groupOfID = groupOfID
  }
}

extension Accounts {
  /// The system's own accounts, nsswitch.conf(5). A lookup may wait for a directory server.
  public static let system = Accounts(
    userID: { name in systemUserID(name) },
    group: { name in systemGroup { getgrnam_r(name, $0, $1, $2, $3) } },
    groupOfID: { id in systemGroup { getgrgid_r(id, $0, $1, $2, $3) } }
  )

  private static func systemUserID(_ name: String) -> UInt32? {
    growing { buffer, size in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let code = getpwnam_r(name, &entry, buffer, size, &found)
      return (code, found.map { $0.pointee.pw_uid })
    }
  }

  private static func systemGroup(
    _ look: (
      UnsafeMutablePointer<group>, UnsafeMutablePointer<CChar>, Int,
      UnsafeMutablePointer<UnsafeMutablePointer<group>?>
    ) -> Int32
  ) -> Group? {
    let found: (id: UInt32, members: [String])? = growing { buffer, size in
      var entry = Glibc.group()
      var found: UnsafeMutablePointer<group>?
      let code = look(&entry, buffer, size, &found)
      return (code, found.map { ($0.pointee.gr_gid, names($0.pointee.gr_mem)) })
    }
    return found.map { Group(id: $0.id, members: $0.members.compactMap(systemUserID)) }
  }

  /// Calls with a buffer that grows as long as the answer is ERANGE, up to 1 MiB (a group of some
  /// ten thousand members).
  private static func growing<Found>(
    _ look: (UnsafeMutablePointer<CChar>, Int) -> (code: Int32, found: Found?)
  ) -> Found? {
    var size = 4096
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let (code, found) = look(buffer, size)
      if code != ERANGE { return found }
      size *= 4
    }
    return nil
  }

  private static func names(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  ) -> [String] {
    guard let list else { return [] }
    var names: [String] = []
    var next = list
    while let name = next.pointee {
      names.append(String(cString: name))
      next += 1
    }
    return names
  }
}
