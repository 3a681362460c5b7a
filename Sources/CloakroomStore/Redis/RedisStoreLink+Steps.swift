internal import CloakroomCore
internal import CloakroomRedis

extension RedisStoreLink {
  /// Hands a step to Redis, and where it is to keep a record, the variant of its script that does.
  func submit<Step: StoreStep>(_ step: Step, ticket: StoreTicket) {
    guard let number = StoreSteps.number(of: Step.self) else {
      return answer(ticket, .failure(RPCError(.internal, "\(Step.self) is not in StoreSteps.all")))
    }
    let form = Step.redis
    let record = Step.isMutation ? self.record : nil
    let parts = parts(of: step, form, keeping: record)
    link.submit(
      context: context(ticket, .step, step: number),
      resend: record == nil ? form.resend : .recordedWrite,
      payload: parts.reduce(0) { $0 + $1.count }, arguments: parts.count
    ) {
      $0.write(parts: parts.count)
      for part in parts { $0.write(argument: part) }
    }
  }

  private func parts(
    of step: some StoreStep, _ form: RedisForm, keeping record: OnceRecord?
  ) -> [RedisArgument] {
    var keys = step.keys
    var arguments = step.arguments
    var script = form.script
    if let record {
      if script == nil { arguments.insert(.text(form.command), at: 0) }
      script = RedisScripts.once(script ?? RedisScripts.single)
      keys.append(record.name)
      arguments += [
        .bytes(record.fingerprint.bytes), .number(record.step), .number(record.life.milliseconds),
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
