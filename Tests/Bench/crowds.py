"""More greedy clients: many small calls at once, that wait for one thing, change one thing or end at one time."""

import multiprocessing
import os
import time

from appetites import MEGABYTE, Appetite, push
from servers import Line, request


def requests(method, list_of_params):
    return [request(method, params, i) for i, params in enumerate(list_of_params)]


class Crowd(Appetite):
    """Ten connections that each make many calls at once, and one that they wait for."""

    def prepare(self):
        self.main = self.line()
        self.many = [self.line() for _ in range(10)]

    def ask(self, method, list_of_params):
        """Each connection makes these calls; `{}` in a text is its number."""
        for number, line in enumerate(self.many):
            own = [
                {name: one.format(number) if isinstance(one, str) else one for name, one in params.items()}
                for params in list_of_params
            ]
            push(line, "".join(requests(method, own)).encode())

    def take_all(self, count):
        for line in self.many:
            self.take(line, count)


class Claimants(Crowd):
    """9,000 calls that wait for one claim, whose queue is for 1,000."""

    def work(self):
        self.main.call("claim.once", key="one", owner="main")
        self.ask("claim.once", [{"key": "one", "owner": "owner {}", "waitMs": 1500}] * 900)
        time.sleep(0.2)
        self.main.call("claim.release", key="one", owner="main")
        self.take_all(900)
        for number in range(10):
            self.pipeline(self.main, requests("claim.release", [{"key": "one", "owner": f"owner {number}"}]))


class CacheWaiters(Crowd):
    """9,000 calls that wait for one cached value of 10 kB."""

    def work(self):
        self.main.call("cache.get", key="one", lease=True)
        self.ask("cache.get", [{"key": "one", "waitMs": 1500}] * 900)
        time.sleep(0.2)
        self.main.call("cache.set", key="one", value="x" * 10_000, ttl=60)
        self.take_all(900)
        self.main.call("cache.invalidate", keys=["one"])


class OneSession(Crowd):
    """One session that 100 connections update 100 times each."""

    def prepare(self):
        super().prepare()
        self.many += [self.line() for _ in range(90)]
        self.id = self.main.call("session.create", data={"a": 1})["sessionId"]

    def work(self):
        self.ask(
            "session.update", [{"sessionId": self.id, "patch": {f"field{i % 20}": i}} for i in range(100)]
        )
        self.take_all(100)


class UnreadMetrics(Crowd):
    """900 connections that ask for the metrics ten times and read nothing."""

    def work(self):
        self.leave(900, (request("system.metrics", {}, 1) * 10).encode(), 1)


class Tags(Crowd):
    """5,000 cached values of ten tags each, and 100 times all are invalidated."""

    def work(self):
        tags = [f"tag{i}" for i in range(10)]
        values = [{"key": f"tagged{i}", "value": 1, "tags": tags} for i in range(5000)]
        self.pipeline(self.main, requests("cache.set", values))
        self.pipeline(self.main, requests("cache.invalidate", [{"tags": tags}] * 100))


class ManyLimits(Crowd):
    """5,000 checks of eight rate limits each."""

    def work(self):
        limits = [{"key": f"limit{i}", "limit": 1_000_000, "window": 60} for i in range(8)]
        self.pipeline(self.main, requests("ratelimit.check", [{"all": limits}] * 5000))


class Principal(Crowd):
    """1,000 sessions of one principal: created, listed 200 times, and all ended at once."""

    def work(self):
        self.pipeline(self.main, requests("session.create", [{"principal": "one", "data": {"a": 1}}] * 1000))
        self.pipeline(self.main, requests("session.list", [{"principal": "one", "count": 100}] * 200))
        self.pipeline(self.main, requests("session.deleteAll", [{"principal": "one"}]))


class Expiries(Crowd):
    """100,000 values and 5,000 pending operations that expire at about one time."""

    def work(self):
        for part in range(100):
            entries = [{"key": f"short{part}:{i}", "value": "x" * 100, "ttl": 1} for i in range(1000)]
            self.pipeline(self.main, requests("batch.set", [{"entries": entries}]))
        made = {"operationType": "short", "backend": "store", "data": {"a": 1}, "expiresIn": 1}
        self.pipeline(self.main, requests("pending.create", [made] * 5000))
        time.sleep(1.2)


class Notifications(Crowd):
    """50,000 notifications of 1 kB on one connection, then a call."""

    def work(self):
        one = request("kv.set", {"key": "told", "value": "x" * 1000}).replace('"id": 0, ', "")
        self.pipeline(self.main, [one * 50_000 + request("system.ping", {}, 1)])


class Audience(Crowd):
    """200 events of 1 kB to 200 subscribers, who read."""

    def prepare(self):
        super().prepare()
        self.many += [self.line() for _ in range(190)]
        for line in self.many:
            line.call("events.subscribe", channel="loud")

    def work(self):
        self.pipeline(self.main, requests("events.publish", [{"channel": "loud", "data": "x" * 1000}] * 200))
        self.take_all(200)


class Processes(Crowd):
    """32 processes of a lower priority that read values of 1 MB, 20 each at a time."""

    count = 32

    def prepare(self):
        super().prepare()
        self.main.call("kv.set", key="large", value=MEGABYTE)
        self.pool = multiprocessing.Pool(self.count, connect, (self.path,))

    def work(self):
        self.pool.map(read_large, [20] * self.count, chunksize=1)

    def end(self):
        self.pool.terminate()
        super().end()


def connect(path):
    """Has a process of the pool a connection of its own.

    Without the lower priority 32 processes take two cores from the sidecar, and what is measured is the system's
    scheduler.
    """
    global own
    os.nice(10)
    own = Line(path)


def read_large(count):
    own.send(request("kv.get", {"key": "large"}) * count)
    for _ in range(count):
        own.file.readline()


CROWDS = [
    Processes,
    Claimants,
    CacheWaiters,
    OneSession,
    UnreadMetrics,
    Tags,
    ManyLimits,
    Principal,
    Expiries,
    Notifications,
    Audience,
]
