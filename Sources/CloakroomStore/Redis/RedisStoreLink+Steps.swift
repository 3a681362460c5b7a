internal import CloakroomCore
internal import CloakroomRedis

extension RedisStoreLink {
  /// Hands a step to Redis; one that keeps its answer as the variant of its script that does so.
  func submit<Step: StoreStep>(_ step: Step, ticket: StoreTicket) {
    guard let number = StoreSteps.number(of: Step.self) else {
      return answer(ticket, .failure(RPCError(.internal, "\(Step.self) is not in StoreSteps.all")))
    }
    let form = Step.redis
    let idempotency = Step.isMutation ? self.idempotency : nil
    let parts = parts(of: step, form, keeping: idempotency)
    link.submit(
      context: context(ticket, .step, step: number),
      resend: idempotency == nil ? form.resend : .answerKeepingWrite,
      payload: parts.reduce(0) { $0 + $1.count }, arguments: parts.count
    ) {
      $0.write(parts: parts.count)
      for part in parts { $0.write(argument: part) }
    }
  }

  private func parts(
    of step: some StoreStep, _ form: RedisForm, keeping idempotency: IdempotencyRecord?
  ) -> [RedisArgument] {
    var keys = step.keys
    var arguments = step.arguments
    var script = form.script
    if let idempotency {
      if script == nil { arguments.insert(.text(form.command), at: 0) }
      script = RedisScripts.idempotent(script ?? RedisScripts.single)
      keys.append(idempotency.name)
      arguments += [
        .bytes(idempotency.fingerprint.bytes), .number(idempotency.step),
        .number(idempotency.life.milliseconds),
        "",
      ]
    }
    var parts: [RedisArgument] = []
    parts.reserveCapacity(3 + keys.count + arguments.count)
    if let script {
      parts += ["EVALSHA", .text(script.digest), .number(keys.count)]
    } else {
      parts.append(.text(form.command))
    }
    for key in keys { parts.append(.bytes(key.bytes)) }
    return parts + arguments
  }
}
