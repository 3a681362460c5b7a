"""Calls that take a list, a text or a pattern, or go through what is stored: how each is made in any size."""

import base64
import json
import os

from servers import Line, request


class Call:
    """A call that grows: how it is made, given its size, and what is to be there before it.

    `most` is how many of it a connection may make; it then gets one of its own.
    """

    def __init__(self, name, sizes, make, before=None, most=None):
        self.name, self.sizes, self.make, self.before, self.most = name, sizes, make, before, most


def names(count, value=1):
    return {f"n{index}": value for index in range(count)}


def members(count):
    return [json.loads(request("kv.get", {"key": f"k{index}"}, index)) for index in range(count)]


def steps(count, pointers):
    """A flow in which each step requires all before it, and stands on many places."""
    return [
        {
            "id": f"s{index}",
            "requires": [f"s{other}" for other in range(index)],
            "dependsOn": [f"/a{place}/b{index}" for place in range(pointers)],
            "when": {"required": [f"w{index}"]},
            "schema": {"required": [f"n{index}"]},
        }
        for index in range(count)
    ]


def unsigned(count):
    """A token of so many claims that nobody has signed."""

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256', 'kid': 'a'})}.{part(names(count))}.{'A' * 43}"


def operation(line, data):
    return line.call("pending.create", operationType="t", backend="store", data=data)["token"]


def session(line, data, **more):
    return line.call("session.create", data=data, **more)["sessionId"]


def tagged(line, count):
    """As many tags, with which a value is set."""
    tags = [f"t{index}" for index in range(count)]
    line.call("cache.set", key="k", value=1, ttl=3600, tags=tags)
    return tags


def completed(line, length):
    """What was done once, with a result so long."""
    key = os.urandom(8).hex()
    done = {"key": key, "receipt": line.call("idempotency.begin", key=key)["receipt"], "result": "v" * length}
    line.call("idempotency.complete", **done)
    return done


def checked_out(line, length):
    token = operation(line, 1)
    line.call("pending.checkout", token=token, operationType="t", receipt="r" * 32)
    return token


def dead_operations(line, count):
    """At least so many operations whose attempts are used up."""
    made = {"operationType": "t", "backend": "store", "data": 1, "maxAttempts": 1}
    for created in line.all("pending.create", [made] * count):
        named = {"token": created["token"], "operationType": "t", "receipt": "r" * 32}
        line.call("pending.checkout", **named)
        line.call("pending.release", **named)


def sessions(line, count):
    """At least so many sessions of one principal."""
    line.all("session.create", [{"principal": "p", "data": 1}] * count)


def stream(line, count):
    """A stream of so many messages, and a group that has read none."""
    name = os.urandom(8).hex()
    line.all("streams.append", [{"stream": name, "message": 1}] * count)
    line.call("streams.ensure", stream=name, group="g", startId="0")
    return name


def read(line, count, consumers):
    """A stream of so many messages, which so many consumers have read."""
    name = stream(line, count)
    for index in range(consumers):
        own = {"stream": name, "group": "g", "consumer": f"c{index}", "count": count // consumers}
        line.call("streams.read", **own)
    return name


def patterns(line, count):
    """So many subscriptions to patterns, of another connection that nobody reads."""
    other = Line(line.path)
    other.all("events.subscribe", [{"pattern": f"a*{'b' * 40}{index}*c"} for index in range(count)])
    return other


CALLS = [
    Call("kv.set", [400, 4_000, 40_000], lambda n, _: ("kv.set", {"key": "k", "value": [1] * n})),
    Call(
        "kv.get",
        [100_000, 1_000_000, 4_000_000],
        lambda n, _: ("kv.get", {"key": "k"}),
        lambda line, n: line.call("kv.set", key="k", value="v" * n),
    ),
    Call(
        "kv.get withMeta",
        [10_000, 100_000, 1_000_000],
        lambda n, _: ("kv.get", {"key": "k", "withMeta": True}),
        lambda line, n: line.call("kv.set", key="k", value="v" * n),
    ),
    Call(
        "batch.set",
        [100, 200, 1_000],
        lambda n, _: ("batch.set", {"entries": [{"key": f"k{i}", "value": i} for i in range(n)]}),
    ),
    Call("batch.get", [100, 200, 1_000], lambda n, _: ("batch.get", {"keys": [f"k{i}" for i in range(n)]})),
    Call(
        "batch.remove",
        [100, 200, 1_000],
        lambda n, _: ("batch.remove", {"keys": [f"k{i}" for i in range(n)]}),
    ),
    Call("a batch of calls", [10, 100, 1_000], lambda n, _: members(n)),
    Call(
        "deep JSON",
        [1, 10, 100],
        lambda n, _: ("kv.set", {"key": "k", "value": [json.loads("[" * n + "]" * n)] * 100}),
    ),
    Call(
        "idempotencyKey",
        [1_000, 10_000, 100_000],
        lambda n, _: ("kv.set", {"key": "k", "value": "v" * n, "idempotencyKey": os.urandom(8).hex()}),
    ),
    Call("cache.key", [50, 500, 5_000], lambda n, _: ("cache.key", {"value": names(n)})),
    Call(
        "cache.invalidate",
        [10, 100, 1_000],
        lambda n, _: ("cache.invalidate", {"keys": [f"k{i}" for i in range(n)]}),
    ),
    Call(
        "pending.update, patch",
        [300, 3_000, 30_000],
        lambda n, token: ("pending.update", {"token": token, "operationType": "t", "patch": names(n, 2)}),
        lambda line, n: operation(line, names(n)),
    ),
    Call(
        "pending.update, onlyIf",
        [300, 3_000, 30_000],
        lambda n, token: (
            "pending.update",
            {
                "token": token,
                "operationType": "t",
                "patch": {"a": 1},
                "onlyIf": {"additionalProperties": {"type": "number"}},
            },
        ),
        lambda line, n: operation(line, names(n)),
    ),
    Call(
        "session.update",
        [300, 3_000, 30_000],
        lambda n, session: ("session.update", {"sessionId": session, "patch": names(n, 2)}),
        lambda line, n: session(line, names(n)),
    ),
    Call(
        "session.get",
        [300, 3_000, 30_000],
        lambda n, session: ("session.get", {"sessionId": session}),
        lambda line, n: session(line, names(n)),
    ),
    Call("flow.define, steps", [6, 64], lambda n, _: ("flow.define", {"name": "f", "steps": steps(n, 2)})),
    Call(
        "flow.define, dependsOn",
        [1, 6, 64],
        lambda n, _: ("flow.define", {"name": "f", "steps": steps(30, n)}),
    ),
    Call(
        "a session of many steps",
        [6, 64],
        lambda n, session: (
            "session.update",
            {"sessionId": session, "patch": {"a1": {"b1": os.urandom(4).hex()}}},
        ),
        lambda line, n: (
            line.call("flow.define", name="g", steps=steps(n, 60)),
            session(line, {f"w{i}": 1 for i in range(n)}, flow="g"),
        )[1],
    ),
    Call(
        "events.define",
        [30, 300, 3_000],
        lambda n, _: (
            "events.define",
            {"channel": "c", "schema": {"properties": names(n, {"type": "number"})}},
        ),
    ),
    Call(
        "events.publish, schema",
        [300, 3_000, 30_000],
        lambda n, _: ("events.publish", {"channel": "c", "data": names(n)}),
        lambda line, n: line.call(
            "events.define", channel="c", schema={"additionalProperties": {"type": "number"}}
        ),
    ),
    Call(
        "events.publish, patterns",
        [10, 100, 1_000],
        lambda n, _: ("events.publish", {"channel": "a" * 200, "data": 1, "validatePublish": False}),
        patterns,
    ),
    Call(
        "events.subscribe, stars",
        [1, 16],
        lambda n, _: ("events.subscribe", {"pattern": "a*" * n}),
        most=400,
    ),
    Call("jwt.verify, unsigned", [10, 100, 1_000], lambda n, _: ("jwt.verify", {"token": unsigned(n)})),
    Call(
        "jwt.verify",
        [10, 100, 1_000],
        lambda n, token: ("jwt.verify", {"token": token}),
        lambda line, n: line.call("jwt.sign", claims=names(n))["token"],
    ),
    Call("jwt.sign", [20, 200, 2_000], lambda n, _: ("jwt.sign", {"claims": names(n)})),
    Call(
        "system.hello",
        [10, 100, 1_000],
        lambda n, _: ("system.hello", {"client": "a" * min(n, 128), "service": "default"}),
    ),
    Call("dev.scan", [10, 100, 1_000], lambda n, _: ("dev.scan", {"pattern": "*a" * 8, "count": n})),
    Call(
        "scope",
        [1, 8],
        lambda n, _: ("kv.get", {"key": "k", "scope": [{"key": f"s{i}", "id": "a" * 64} for i in range(n)]}),
    ),
    Call(
        "events.publish",
        [10_000, 100_000, 1_000_000],
        lambda n, _: ("events.publish", {"channel": "d", "data": "v" * n}),
    ),
    Call(
        "cache.set", [10_000, 100_000, 1_000_000], lambda n, _: ("cache.set", {"key": "k", "value": "v" * n})
    ),
    Call(
        "cache.set, tags",
        [1, 32],
        lambda n, _: ("cache.set", {"key": "k", "value": 1, "tags": [f"t{i}" for i in range(n)]}),
    ),
    Call(
        "cache.get",
        [10_000, 100_000, 1_000_000],
        lambda n, _: ("cache.get", {"key": "k"}),
        lambda line, n: line.call("cache.set", key="k", value="v" * n, ttl=3600),
    ),
    Call(
        "cache.get, tags",
        [1, 32],
        lambda n, tags: ("cache.get", {"key": "k", "tags": tags}),
        tagged,
    ),
    Call(
        "cache.invalidate, tags",
        [10, 100, 1_000],
        lambda n, _: ("cache.invalidate", {"tags": [f"t{i}" for i in range(n)]}),
    ),
    Call(
        "ratelimit.check",
        [1, 16],
        lambda n, _: (
            "ratelimit.check",
            {"all": [{"key": f"r{i}", "limit": 1_000_000_000, "window": 60} for i in range(n)]},
        ),
    ),
    Call(
        "idempotency.begin, completed",
        [10_000, 100_000, 1_000_000],
        lambda n, key: ("idempotency.begin", {"key": key}),
        lambda line, n: completed(line, n)["key"],
    ),
    Call(
        "idempotency.complete",
        [10_000, 100_000, 1_000_000],
        lambda n, done: ("idempotency.complete", done),
        completed,
    ),
    Call(
        "pending.create",
        [10_000, 100_000, 1_000_000],
        lambda n, _: ("pending.create", {"operationType": "t", "backend": "store", "data": "v" * n}),
        most=100,
    ),
    Call(
        "pending.create, jwt",
        [60, 600, 6_000],
        lambda n, _: ("pending.create", {"operationType": "t", "backend": "jwt", "data": "v" * n}),
    ),
    Call(
        "pending.verify",
        [10_000, 100_000, 1_000_000],
        lambda n, token: ("pending.verify", {"token": token, "operationType": "t"}),
        lambda line, n: operation(line, "v" * n),
    ),
    Call(
        "pending.checkout",
        [10_000, 100_000, 1_000_000],
        lambda n, token: ("pending.checkout", {"token": token, "operationType": "t", "receipt": "r" * 32}),
        lambda line, n: operation(line, "v" * n),
    ),
    Call(
        "pending.commit",
        [10_000, 100_000, 1_000_000],
        lambda n, token: (
            "pending.commit",
            {"token": token, "operationType": "t", "receipt": "r" * 32, "result": "v" * n},
        ),
        checked_out,
    ),
    Call("pending.dead", [10, 100, 1_000], lambda n, _: ("pending.dead", {"count": n}), dead_operations),
    Call(
        "session.create",
        [10_000, 100_000, 1_000_000],
        lambda n, _: ("session.create", {"data": "v" * n}),
        most=100,
    ),
    Call(
        "session.completeStep",
        [300, 3_000, 30_000],
        lambda n, id: ("session.completeStep", {"sessionId": id, "step": "s", "patch": names(n, 2)}),
        lambda line, n: session(line, names(n)),
    ),
    Call(
        "session.list",
        [10, 100, 1_000],
        lambda n, _: ("session.list", {"principal": "p", "count": n}),
        sessions,
    ),
    Call(
        "streams.append",
        [10_000, 100_000, 1_000_000],
        lambda n, _: ("streams.append", {"stream": "a", "message": "v" * n, "maxLen": 3}),
    ),
    Call(
        "streams.append, exact",
        [100, 1_000, 10_000],
        lambda n, stream: (
            "streams.append",
            {"stream": stream, "message": 1, "maxLen": n, "approximate": False},
        ),
        stream,
    ),
    Call(
        "streams.read",
        [10, 100, 1_000],
        lambda n, stream: ("streams.read", {"stream": stream, "group": "g", "consumer": "c", "count": n}),
        lambda line, n: stream(line, 100 * n),
        most=100,
    ),
    Call(
        "streams.reclaim",
        [10, 100, 1_000],
        lambda n, stream: (
            "streams.reclaim",
            {"stream": stream, "group": "g", "consumer": "c", "minIdleMs": 0, "count": n},
        ),
        lambda line, n: read(line, n, 1),
    ),
    Call(
        "streams.pending, consumers",
        [10, 100, 1_000],
        lambda n, stream: ("streams.pending", {"stream": stream, "group": "g"}),
        lambda line, n: read(line, n, n),
    ),
    Call(
        "streams.ack",
        [10, 100, 1_000],
        lambda n, _: (
            "streams.ack",
            {"stream": "z", "group": "g", "ids": [f"1763712345678-{i}" for i in range(n)]},
        ),
    ),
]
