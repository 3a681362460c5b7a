"""What greedy clients do: an appetite each, which is prepared, and then worked on again and again.

Of what they are answered only errors are looked at.
"""

import itertools
import json
import multiprocessing.dummy
import time

from servers import Line, request

MEGABYTE = "x" * 1_000_000


class Appetite:
    """What a greedy client does; a round of `work` counts as one."""

    def __init__(self, path, redis):
        self.path, self.redis, self.refused, self.lost, self.lines = path, redis, {}, 0, []

    def line(self):
        line = Line(self.path)
        self.lines.append(line)
        return line

    def prepare(self):
        pass

    def work(self):
        raise NotImplementedError

    def end(self):
        for line in self.lines:
            try:
                line.close()
            except OSError:
                pass
        self.lines = []

    def take(self, line, count):
        """Reads that many answers."""
        for _ in range(count):
            answer = line.receive()
            if answer is None:
                raise ConnectionError
            for one in answer if isinstance(answer, list) else [answer]:
                if "error" in one:
                    self.was_refused(
                        one["error"].get("data", {}).get("reason", str(one["error"].get("code")))
                    )

    def was_refused(self, reason):
        """Something was refused."""
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def pipeline(self, line, texts):
        self.exchange(line, "".join(texts).encode(), self.take, len(texts))

    def exchange(self, line, data, take, count):
        """Sends while answers are read, as a client does that does not lock itself up."""
        sender = multiprocessing.dummy.Process(target=push, args=(line, data))
        sender.start()
        take(line, count)
        sender.join()

    def leave(self, count, data, seconds=2):
        """Many connections that send this, read nothing, and close after a while."""
        many = [self.line() for _ in range(count)]
        for line in many:
            push(line, data)
        time.sleep(seconds)
        for line in many:
            line.close()
            self.lines.remove(line)


def push(line, data):
    try:
        line.socket.sendall(data)
    except OSError:
        pass


def batch(method, list_of_params):
    return (
        json.dumps(
            [
                {"jsonrpc": "2.0", "id": i, "method": method, "params": one}
                for i, one in enumerate(list_of_params)
            ]
        )
        + "\n"
    )


class LargeReads(Appetite):
    """2,000 kv.get of 1 MB on one connection, read."""

    def prepare(self):
        self.main = self.line()
        self.main.call("kv.set", key="large", value=MEGABYTE)

    def work(self):
        self.pipeline(self.main, [request("kv.get", {"key": "large"}, i) for i in range(2000)])


# How long a process must have no long reply until it is taken for one that has short ones, in seconds.
FORGETTING = 2.5


class LateLargeReads(LargeReads):
    """The same after a while, and 8,000 of a short value: what was long has been forgotten by then."""

    def work(self):
        time.sleep(FORGETTING)
        self.pipeline(self.main, [request("kv.get", {"key": "short"}, i) for i in range(8000)])
        super().work()


class LateBatchGet(LargeReads):
    """batch.get of 12 values of 1 MB after a while, and one of 1,000 short ones."""

    def prepare(self):
        self.main = self.line()
        for number in range(12):
            self.main.call("kv.set", key=f"large:{number}", value=MEGABYTE)

    def work(self):
        short = [f"short:{number}" for number in range(1000)]
        large = [f"large:{number}" for number in range(12)]
        time.sleep(FORGETTING)
        self.pipeline(self.main, [request("batch.get", {"keys": keys}) for keys in (short, large)])


class UnreadReads(LargeReads):
    """The same, and none of the answers is read."""

    def work(self):
        line = self.line()
        line.socket.settimeout(2)
        push(line, "".join(request("kv.get", {"key": "large"}, i) for i in range(2000)).encode())
        time.sleep(1)
        line.close()


class LargeBatchGet(Appetite):
    """batch.get of 200 values of 1 MB (in calls of what a reply may hold), pipelined twice."""

    def prepare(self):
        self.main = self.line()
        for number in range(200):
            self.main.call("kv.set", key=f"large:{number}", value=MEGABYTE[:1_000_000])

    def work(self):
        keys = [f"large:{number}" for number in range(200)]
        self.pipeline(self.main, [request("batch.get", {"keys": keys}, i) for i in range(2)])


class LargeWrites(Appetite):
    """Four connections that write values of 3 MB."""

    def prepare(self):
        self.four = [self.line() for _ in range(4)]
        self.texts = [request("kv.set", {"key": f"wide:{i}", "value": MEGABYTE * 3}, i) for i in range(4)]

    def work(self):
        senders = [
            multiprocessing.dummy.Process(target=push, args=(line, text.encode()))
            for line, text in zip(self.four, self.texts)
        ]
        for sender in senders:
            sender.start()
        for line in self.four:
            self.take(line, 1)


class ManyConnections(Appetite):
    """200 connections of one process with 300 small reads each under way, while Redis pauses for 600 ms."""

    def prepare(self):
        self.many = [self.line() for _ in range(200)]
        self.text = "".join(request("kv.get", {"key": f"small:{i}"}, i) for i in range(300)).encode()

    def work(self):
        if self.redis:
            self.redis.run("client", "pause", "600", "all")
        for line in self.many:
            line.socket.sendall(self.text)
        for line in self.many:
            self.take(line, 300)
        time.sleep(0.3)


class ManyRemovals(Appetite):
    """990 batch.remove of 1,000 keys in one batch."""

    def prepare(self):
        self.main = self.line()
        keys = [f"k{i}" for i in range(1000)]
        self.text = batch("batch.remove", [{"keys": keys}] * 400)

    def work(self):
        for _ in range(2):
            self.pipeline(self.main, [self.text])


class Reclaims(Appetite):
    """500 streams.reclaim, pipelined, of a group with 150,000 messages in hand that are too young."""

    def prepare(self):
        self.main = self.line()
        self.main.all("streams.append", [{"stream": "long", "message": 1}] * 150_000, ahead=1000)
        self.main.call("streams.ensure", stream="long", group="g", startId="0")
        self.main.all(
            "streams.read", [{"stream": "long", "group": "g", "consumer": "c", "count": 1000}] * 150
        )

    def work(self):
        params = {"stream": "long", "group": "g", "consumer": "d", "minIdleMs": 3_600_000}
        self.pipeline(self.main, [request("streams.reclaim", params, i) for i in range(500)])


class LongMessages(Appetite):
    """50 connections that each read a stream of 100 messages of 100 kB with a group of their own."""

    count = 50

    def prepare(self):
        self.main = self.line()
        self.readers = [self.line() for _ in range(self.count)]
        self.streams = itertools.count()
        self.begin_stream()

    def begin_stream(self):
        self.stream, self.rounds = f"wide{next(self.streams)}", 0
        self.main.all("streams.append", [{"stream": self.stream, "message": MEGABYTE[:100_000]}] * 100)

    def work(self):
        # A stream has at most 1,000 groups.
        if self.rounds == 1000 // self.count:
            self.begin_stream()
        groups = [f"g{self.rounds}.{number}" for number in range(self.count)]
        self.rounds += 1
        self.main.all("streams.ensure", [{"stream": self.stream, "group": name} for name in groups])
        for line, name in zip(self.readers, groups, strict=True):
            params = {"stream": self.stream, "group": name, "consumer": "c", "count": 100}
            line.send(request("streams.read", params))
        for line in self.readers:
            line.receive()


class PendingLists(Reclaims):
    """100 streams.pending over 150,000 messages in hand."""

    def work(self):
        params = {"stream": "long", "group": "g"}
        self.pipeline(self.main, [request("streams.pending", params, i) for i in range(100)])


class DeadLists(Appetite):
    """pending.dead through 20,000 operations, 1,000 a call."""

    def prepare(self):
        self.main = self.line()
        made = {"operationType": "x", "data": {"a": 1}, "backend": "store"}
        self.main.all("pending.create", [made] * 20_000)

    def work(self):
        cursor = None
        while True:
            answer = self.main.call("pending.dead", count=1000, **({"cursor": cursor} if cursor else {}))
            cursor = answer["cursor"]
            if cursor is None:
                return


def doubling(levels, leaf):
    """A schema whose text is short and whose work doubles with each level."""
    definitions = {f"n{i}": {"allOf": [{"$ref": f"#/$defs/n{i + 1}"}] * 2} for i in range(levels)}
    definitions[f"n{levels}"] = leaf
    return {"$ref": "#/$defs/n0", "$defs": definitions}


class LongNames(Appetite):
    """A schema that doubles, with properties at its leaves, on a member name of 1 MB."""

    def prepare(self):
        self.main = self.line()
        leaf = {"properties": {"a": {}, "b": {}, "c": {}}}
        self.main.call("events.define", channel="names", schema=doubling(14, leaf))
        self.text = request(
            "events.publish", {"channel": "names", "data": {MEGABYTE: 1}, "validatePublish": True}
        )

    def work(self):
        self.pipeline(self.main, [self.text])


class DeepTrees(Appetite):
    """A batch of 60 publishes under a tree of 18 levels."""

    def prepare(self):
        self.main = self.line()
        self.main.call("events.define", channel="tree", schema=doubling(18, {"type": "object"}))
        self.text = batch(
            "events.publish", [{"channel": "tree", "data": {"a": 1}, "validatePublish": True}] * 60
        )

    def work(self):
        self.pipeline(self.main, [self.text])


class Definitions(Appetite):
    """900 events.define of {"allOf": [{} × 900]}, pipelined."""

    def prepare(self):
        self.main = self.line()
        self.texts = [
            request(
                "events.define", {"channel": f"c{i % 50}", "schema": {"allOf": [{}] * (900 - i % 100)}}, i
            )
            for i in range(900)
        ]

    def work(self):
        self.pipeline(self.main, self.texts)


class SmallPatches(Appetite):
    """20 small patches of an object of 3 MB."""

    def prepare(self):
        self.main = self.line()
        data = {f"name{i}": "x" * 80 for i in range(30_000)}
        self.id = self.main.call("session.create", data=data)["sessionId"]

    def work(self):
        self.pipeline(
            self.main,
            [
                request("session.update", {"sessionId": self.id, "patch": {"name7": str(i)}}, i)
                for i in range(20)
            ],
        )


class Signatures(Appetite):
    """A batch of 1,000 jwt.verify of EdDSA."""

    def prepare(self):
        self.main = self.line()
        token = self.main.call("jwt.sign", claims={"a": 1}, keyId="curve")["token"]
        self.text = batch("jwt.verify", [{"token": token}] * 1000)

    def work(self):
        self.pipeline(self.main, [self.text])


class Validation(Appetite):
    """Events that are held against a schema: one piece of data, one schema."""

    schema, data = True, None

    def prepare(self):
        self.main = self.line()
        channel = type(self).__name__
        self.main.call("events.define", channel=channel, schema=self.schema)
        self.text = request(
            "events.publish", {"channel": channel, "data": self.data, "validatePublish": True}
        )

    def work(self):
        self.pipeline(self.main, [self.text] * 5)


class UniqueItems(Validation):
    """uniqueItems on 140,000 numbers."""

    schema, data = {"uniqueItems": True}, list(range(140_000))


class PatternProperties(Validation):
    """100 patternProperties on 80,000 members."""

    schema = {"patternProperties": {f"^a{i}.*z$": {"type": "integer"} for i in range(100)}}
    data = {f"b{i}": 1 for i in range(80_000)}


class Unevaluated(Validation):
    """unevaluatedProperties on 80,000 members."""

    schema, data = {"unevaluatedProperties": {"type": "integer"}}, {f"b{i}": i for i in range(80_000)}


class SmallObjects(Validation):
    """1 MB of small objects under the schema true."""

    schema, data = True, [{"a": i} for i in range(90_000)]


class Lookahead(Validation):
    """A pattern with nested lookahead."""

    schema, data = {"pattern": "^(?=(?=.*a)(?=.*b).*c)[a-c]*$"}, "ab" * 50_000 + "c"


class WidePatch(Appetite):
    """Merge patches of 40,000 members into an object of as many."""

    def prepare(self):
        self.main = self.line()
        self.id = self.main.call("session.create", data={f"m{i}": i for i in range(40_000)})["sessionId"]
        self.patch = {f"m{i}": i + 1 for i in range(39_999, -1, -1)}

    def work(self):
        self.pipeline(self.main, [request("session.update", {"sessionId": self.id, "patch": self.patch}, 0)])


class Patterns(Appetite):
    """1,000 patterns of 470 bytes and 16 stars, and five publishes to a channel of 960."""

    def prepare(self):
        self.main, self.other = self.line(), self.line()
        for i in range(1000):
            answer = request("events.subscribe", {"pattern": ("*" + "a" * 30) * 15 + f"*b{i:04}"}, i)
            self.main.send(answer)
            self.take(self.main, 1)

    def work(self):
        self.pipeline(
            self.other, [request("events.publish", {"channel": "a" * 960, "data": 1}, i) for i in range(5)]
        )


class UnreadBatches(LargeReads):
    """60 connections with a batch of 16 kv.get of 1 MB each, not read."""

    def work(self):
        self.leave(60, batch("kv.get", [{"key": "large"}] * 16).encode())


class Backlogs(Appetite):
    """300 subscriptions of one connection that reads nothing, and 100 events of 100 kB for each."""

    def work(self):
        silent, other = self.line(), self.line()
        for i in range(300):
            silent.call("events.subscribe", channel=f"s{i}")
        data = "x" * 100_000
        for _ in range(20):
            self.pipeline(
                other, [request("events.publish", {"channel": f"s{i}", "data": data}, i) for i in range(300)]
            )
        time.sleep(0.5)
        silent.close()


class HalfFrames(Appetite):
    """100 connections with most of a request of 4 MB each, and no more."""

    def work(self):
        self.leave(100, request("kv.set", {"key": "x", "value": "x" * 3_900_000})[:-10].encode())


class WidePatterns(Appetite):
    """256 schemas of a pattern of 70 bytes with much to compile."""

    def work(self):
        line = self.line()
        texts = [
            request(
                "events.define", {"channel": f"w{i}", "schema": {"pattern": "(?:[ab]c){9990}" + "d" * i}}, i
            )
            for i in range(256)
        ]
        self.pipeline(line, texts)
        texts = [
            request("events.publish", {"channel": f"w{i}", "data": "x", "validatePublish": True}, i)
            for i in range(256)
        ]
        self.pipeline(line, texts)
        line.close()


class Waits(Appetite):
    """150 connections with 1,000 streams.read each that wait; then all are closed."""

    def prepare(self):
        self.main = self.line()
        self.main.call("streams.append", stream="waited", message=1, maxLen=1)
        self.main.call("streams.ensure", stream="waited", group="g", startId="$")

    def work(self):
        params = {"stream": "waited", "group": "g", "consumer": "c", "blockMs": 60_000}
        self.leave(150, "".join(request("streams.read", params, i) for i in range(1000)).encode())


APPETITES = [
    LargeReads,
    LateLargeReads,
    LateBatchGet,
    UnreadReads,
    LargeBatchGet,
    LargeWrites,
    ManyConnections,
    ManyRemovals,
    Reclaims,
    LongMessages,
    PendingLists,
    DeadLists,
    LongNames,
    DeepTrees,
    Definitions,
    SmallPatches,
    Signatures,
    UniqueItems,
    PatternProperties,
    Unevaluated,
    SmallObjects,
    Lookahead,
    WidePatch,
    Patterns,
    UnreadBatches,
    Backlogs,
    HalfFrames,
    WidePatterns,
    Waits,
]
