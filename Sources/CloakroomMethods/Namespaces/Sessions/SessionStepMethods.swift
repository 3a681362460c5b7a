internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A session's way from step to step.
enum SessionStepMethods {
  static let all = [completeStep, goTo]

  static let completeStep = Method(
    "session.completeStep",
    "Completes a step of the session's flow, and goes on to the next that applies and is not complete. Whether its turn has come, and whether the data fit, is checked here and never believed: INVALID_STEP says which step can be gone to, VALIDATION_FAILED everything that doesn't fit, and nothing is written then.",
    [.sessionID, .sessionStep, patch, .metadata],
    result: SessionMethods.progressSchema,
    reasons: reasons,
    effect: .step,
    example: (
      #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50","step":"details","patch":{"projectName":"Harbour"}}"#,
      SessionMethods.exampleOfProgress
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.stepName(1)
      let step = SessionStep.complete(
        step: name, patch: try arguments.patch(2),
        longest: arguments.settings.frameBytes)
      return try arguments.sessionCall(metadata: 3, step: name).opening(step) {
        scene, result throws(RPCError) in result.writeStanding(scene)
      }
    })

  static let goTo = Method(
    "session.goTo",
    "Goes to a step of the session's flow: back always, forward only when everything that the step requires is complete; else INVALID_STEP says which step can be gone to. A patch is saved as a draft, so that nothing that was typed is lost.",
    [.sessionID, .sessionStep, patch, .metadata],
    result: SessionMethods.progressSchema,
    reasons: reasons,
    effect: .step,
    example: (
      #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50","step":"details"}"#,
      SessionMethods.exampleOfProgress
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.stepName(1)
      let step = SessionStep.goTo(
        step: name, patch: try arguments.patch(2),
        longest: arguments.settings.frameBytes)
      return try arguments.sessionCall(metadata: 3, step: name).opening(step) {
        scene, result throws(RPCError) in result.writeStanding(scene)
      }
    })

  private static let patch = Parameter(
    "patch", "true", "A merge patch (RFC 7396) that is merged into the data first. Default: none.")

  private static let reasons: [Reason] =
    SessionMethods.reasonsOfSessions + [.checkedOut, .conflict, .invalidStep, .validationFailed]
}
