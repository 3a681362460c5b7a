"""One case, replayed."""

import threading
import time

from driver import PATIENCE
from sidecar import wait_until
from values import dump, fill, load, plain, same

# What of a step is for the program; the rest is for the runner.
COMMANDS = ("open", "call", "await", "cancel", "notify", "subscribe", "next", "unsubscribe", "close", "fork")


class Failure(Exception):
    """A step did not go as the case has it."""


def repeated(steps):
    return [step for step in steps for _ in range(plain(step.get("repeat", 1)))]


def command_of(step, variables):
    """The program's command for a step: the verb as `do`, and values as JSON text."""
    verb = next(name for name in COMMANDS if name in step)
    command = {"do": verb}
    if verb in ("call", "notify"):
        command["method"] = step[verb]
        command["params"] = fill(dump(step.get("params", {})), variables)
    elif verb == "subscribe":
        command.update(plain(step[verb]))
    elif verb == "open":
        command.update(plain(step[verb]))
    elif verb == "fork":
        for side in ("child", "parent"):
            command[side] = [command_of(inner, variables) for inner in repeated(step[verb][side])]
    elif verb != "close":
        command["as"] = step[verb]
    for name in ("as", "timeout", "times", "wait"):
        if name in step and name not in command:
            command[name] = plain(step[name])
    return command


class Case:
    """A case's steps, in turn, with a program and a sidecar that other cases had before, and a proxy of its own."""

    def __init__(self, case, driver, sidecar, proxy, variables):
        self.case, self.driver, self.sidecar, self.proxy = case, driver, sidecar, proxy
        self.variables = variables
        self.path = sidecar.path if case.get("direct") else proxy.path
        self.native = case.get("open", {}).get("numbers") == "native"
        self.timers = []
        self.subscriptions = set()
        self.looked = len(proxy.seen)
        self.accepted = proxy.accepted
        self.left = proxy.left
        self.remembered = None

    def run(self):
        """Returns what went wrong, or None."""
        step = {"open": self.case.get("open", {})}
        try:
            self.take(step)
            for step in self.case["steps"]:
                self.take(step)
            # What is left of this case would be there in the next.
            for name in self.subscriptions:
                self.driver.do(do="unsubscribe", **{"as": name})
        except Failure as fault:
            return f"{dump(step)[:300]}: {fault}"
        finally:
            for timer in self.timers:
                timer.join()
        return None

    def take(self, step):
        if any(name in step for name in COMMANDS):
            begin = time.monotonic()
            command = command_of(step, self.variables)
            if "open" in step:
                command["path"] = self.path
            answer = self.driver.do(**command)
            if "subscribe" in step:
                self.subscriptions.add(step["as"])
            self.subscriptions.discard(step.get("unsubscribe"))
            self.check(step, answer, time.monotonic() - begin)
        elif "proxy" in step:
            self.proxy.add(plain(step))
        elif "cut" in step:
            self.proxy.cut(None if step["cut"] is True else step["cut"])
        elif "stall" in step:
            (self.proxy.reading.clear if step["stall"] else self.proxy.reading.set)()
        elif "sidecar" in step:
            self.move_sidecar(step["sidecar"], plain(step.get("after", 0)))
        elif "redis" in step:
            (self.sidecar.stop_redis if step["redis"] == "stop" else self.sidecar.start_redis)()
        elif "restarts" in step:
            self.restart_often(step)
        elif "until" in step:
            self.wait_for(step["until"])
        elif "seen" in step:
            self.look(step["seen"])
        elif "connections" in step:
            made, self.accepted = self.proxy.accepted - self.accepted, self.proxy.accepted
            self.expect(made == plain(step["connections"]), f"{made} connections")
        elif "resources" in step:
            self.measure(plain(step["resources"]))
        else:
            raise Failure("no such step")

    def expect(self, held, otherwise):
        if not held:
            raise Failure(otherwise)

    # -- what the program answers

    def check(self, step, answer, took):
        self.expect(took <= plain(step.get("within", PATIENCE)), f"took {took:.2f} s: {answer}")
        self.expect(took >= plain(step.get("notBefore", 0)), f"took {took:.2f} s: {answer}")
        if "fork" in step:
            for side in ("child", "parent"):
                steps, answers = repeated(step["fork"][side]), answer.get(side, [])
                self.expect(len(answers) == len(steps), f"{str(answer)[:300]}")
                for inner, told in zip(steps, answers):
                    self.check(inner, told, took)
            return
        if "answers" in step:
            self.check_answers(step["answers"], answer)
            return
        if "error" in step:
            allowed = step["error"] if isinstance(step["error"], list) else [step["error"]]
            exact = "result" in step and "result" in answer and self.equal(step["result"], answer["result"])
            self.expect(exact or answer.get("error") in allowed, f"{str(answer)[:300]}")
        else:
            self.expect("error" not in answer, f"{str(answer)[:300]}")
            for name in ("result", "event"):
                if name in step:
                    self.expect(self.equal(step[name], answer.get(name, "null")), f"{str(answer)[:300]}")
            if "includes" in step:
                result = load(answer.get("result", "null"))
                held = (
                    {name: result.get(name) for name in step["includes"]}
                    if isinstance(result, dict)
                    else None
                )
                self.expect(same(step["includes"], held), f"{str(answer)[:300]}")
        for name in ("retryable", "retryAfterMs", "gap", "none", "channel"):
            if name in step:
                self.expect(answer.get(name) == plain(step[name]), f"{name}: {str(answer)[:300]}")

    def equal(self, expected, text):
        return same(load(fill(dump(expected), self.variables)), load(text), self.native)

    def check_answers(self, expected, answer):
        """How many of `times` calls were answered how: reasons, and `result` for those that succeeded."""
        counts = {}
        for one in answer.get("answers", [answer]):
            name = one.get("error", "result")
            counts[name] = counts.get(name, 0) + 1
        self.expect(counts == plain(expected), f"{counts}")

    # -- the sidecar

    def move_sidecar(self, move, after):
        if move == "restart":
            self.sidecar.stop()
            self.sidecar.start()
        elif move == "stop":
            self.sidecar.stop()
        elif after:
            self.timers.append(threading.Timer(after, self.sidecar.start))
            self.timers[-1].start()
        else:
            self.sidecar.start()

    def restart_often(self, step):
        count = max(1, self.variables["restarts"] // plain(step.get("oneIn", 1)))
        for done in range(count):
            if done == count // 10 and self.remembered:
                # By now a runtime has compiled and cached what it will; what grows from here on is a leak.
                self.remembered = self.driver.resources()
            for inner in step.get("before", []):
                self.take(inner)
            if step["restarts"] == "sidecar":
                self.move_sidecar("restart", 0)
            elif step["restarts"] == "connections":
                self.proxy.cut()
            else:
                self.proxy.restart()
            for inner in step["each"]:
                self.take(inner)

    # -- the wire

    def requests(self, method):
        return [
            request for _, request, _ in self.proxy.seen[self.looked :] if request.get("method") == method
        ]

    def wait_for(self, what):
        """Waits until the client has sent so many requests of a method, or what it had sent is taken back: by
        system.cancel, once the sidecar has answered what that is about, or by closing the connection."""
        method = "system.cancel" if "takenBack" in what else what["method"]
        try:
            if "takenBack" in what:
                wait_until(lambda: self.proxy.left > self.left or self.is_cancelled())
            else:
                wait_until(lambda: len(self.requests(method)) >= plain(what["requests"]))
        except AssertionError:
            raise Failure(f"{len(self.requests(method))} requests") from None

    def is_cancelled(self):
        return any(
            request.get("method") == "system.cancel"
            and (number, str(request["params"]["id"])) in self.proxy.answered
            for number, request, _ in self.proxy.seen[self.looked :]
        )

    def look(self, what):
        """What the client has sent since the last look."""
        requests = self.requests(what["method"])
        self.looked = len(self.proxy.seen)
        if "requests" in what:
            self.expect(len(requests) == plain(what["requests"]), f"{len(requests)} requests")
        every = [request.get("params", {}) for request in requests]
        for name in what.get("same", []):
            values = {repr(params.get(name)) for params in every}
            self.expect(len(values) == 1 and None not in [p.get(name) for p in every], f"{name}: {values}")
        for name in what.get("without", []):
            self.expect(all(name not in params for params in every), f"{name} is there")
        for name, least in plain(what.get("atLeast", {})).items():
            self.expect(all(number(params[name]) >= least for params in every), f"{name}: {every}")
        for name, most in plain(what.get("atMost", {})).items():
            self.expect(all(number(params[name]) <= most for params in every), f"{name}: {every}")
        for name in what.get("falling", []):
            values = [params[name] for params in every]
            self.expect(
                values == sorted(values, reverse=True) and values[0] > values[-1], f"{name}: {values}"
            )

    # -- the program's process

    def measure(self, what):
        now = self.driver.resources()
        if what == "remember":
            self.remembered = now
            return
        before = self.remembered
        print(f"    before {rounded(before)}, after {rounded(now)}")
        for name in ("descriptors", "threads"):
            self.expect(now[name] <= before[name], f"{name}: {before[name]}, then {now[name]}")
        more = now["megabytes"] - before["megabytes"]
        self.expect(more <= what["megabytes"], f"{more:.1f} MB more")


def number(value):
    """A number of seconds, also where it is spelled as a life."""
    return float(value[:-1]) if isinstance(value, str) and value.endswith("s") else float(value)


def rounded(resources):
    return {name: round(value, 1) for name, value in resources.items()}
