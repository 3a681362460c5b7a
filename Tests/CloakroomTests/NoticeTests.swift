import CloakroomCore
import CloakroomMethods
import Testing

@testable import Cloakroom

@Suite("What has happened to a record by itself", .timeLimit(.minutes(1)))
struct NoticeTests {
  @Test("is counted as a pending operation's only when it was one", arguments: Namespace.allCases)
  func counted(namespace: Namespace) {
    let isPending = namespace == .pending
    #expect(PendingEvent(.expired, in: namespace) == (isPending ? .expired : nil))
    #expect(PendingEvent(.dead, in: namespace) == (isPending ? .dead : nil))
  }
}
