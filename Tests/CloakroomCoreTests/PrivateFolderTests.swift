import CloakroomCore
import Glibc
import Testing

@Suite("A private folder", .timeLimit(.minutes(1)))
struct PrivateFolderTests {
  private let parent: String

  init() throws {
    var template = Array("/tmp/cloakroom-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    parent = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  @Test("is made for its owner alone, and taken when it is there already")
  func make() throws {
    defer { clean() }
    let path = parent + "/own"
    try PrivateFolder.make(path, userID: geteuid())
    try PrivateFolder.make(path, userID: geteuid())
    try PrivateFolder.check(path, userID: geteuid())
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o700)
  }

  @Test("is refused when it is another's, open, no folder, a link, or nowhere")
  func refuse() throws {
    defer { clean() }
    let path = parent + "/own"
    try PrivateFolder.make(path, userID: geteuid())
    let stranger = geteuid() &+ 1
    #expect(throws: PrivateFolder.Fault.foreign(path: path, owner: geteuid())) {
      try PrivateFolder.make(path, userID: stranger)
    }
    #expect(symlink(path, parent + "/link") == 0)
    #expect(throws: PrivateFolder.Fault.notAFolder(path: parent + "/link")) {
      try PrivateFolder.make(parent + "/link", userID: geteuid())
    }
    #expect(chmod(path, 0o710) == 0)
    #expect(throws: PrivateFolder.Fault.open(path: path, mode: 0o710)) {
      try PrivateFolder.make(path, userID: geteuid())
    }
    #expect(throws: PrivateFolder.Fault.unusable(path: parent + "/none", errno: ENOENT)) {
      try PrivateFolder.check(parent + "/none", userID: geteuid())
    }
    #expect(throws: PrivateFolder.Fault.unusable(path: parent + "/none/deep", errno: ENOENT)) {
      try PrivateFolder.make(parent + "/none/deep", userID: geteuid())
    }
  }

  private func clean() {
    unlink(parent + "/link")
    rmdir(parent + "/own")
    rmdir(parent)
  }
}
