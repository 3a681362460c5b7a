"""Reads of one value of 100 bytes through the sidecar, beside redis-py reading it from Redis itself.

python3 bench.py SOCKET REDIS_SOCKET     # both must be running; needs redis-py, with or without hiredis

Both sides take turns, a short round each; of the rounds the ratio is told, with its standard error. The last lines
are of prepared bytes sent through bare sockets: what any client would be measured against.
"""

import asyncio
import math
import socket
import sys
import threading
import time

import redis
import redis.asyncio

from cloakroom import AsyncRoom, Room

ROUNDS = 60
CALLS = 300  # of one round
THREADS = 50
AT_ONCE = 100


def timed(call, times, took):
    clock = time.perf_counter
    for _ in range(times):
        begin = clock()
        call()
        took.append(clock() - begin)


def one(call, took):
    timed(call, CALLS, took)


def fifty(call, took):
    def work():
        mine = []
        ready.wait()
        timed(call, CALLS * 4 // THREADS, mine)
        took.extend(mine)

    ready = threading.Barrier(THREADS + 1)
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    for thread in threads:
        thread.join()


class Side:
    """What one side took, over all rounds."""

    def __init__(self, name):
        self.name, self.took, self.rates = name, [], []

    def round(self, way, call):
        took = []
        begin = time.perf_counter()
        way(call, took)
        self.add(took, time.perf_counter() - begin)

    def add(self, took, seconds):
        self.rates.append(len(took) / seconds)
        self.took += took

    def text(self):
        took = sorted(self.took)
        middle, late = took[len(took) // 2], took[len(took) * 99 // 100]
        rate = sorted(self.rates)[len(self.rates) // 2]
        return f"{self.name} {rate:6.0f}/s p50 {middle * 1e6:5.0f} µs p99 {late * 1e6:6.0f} µs"


def report(name, ours, theirs):
    logs = [math.log(a / b) for a, b in zip(ours.rates[2:], theirs.rates[2:])]
    mean = sum(logs) / len(logs)
    error = math.sqrt(sum((x - mean) ** 2 for x in logs) / (len(logs) - 1) / len(logs))
    ratio = math.exp(mean)
    print(f"{name:14} {ours.text()} | {theirs.text()} | ratio {ratio:.2f} ± {ratio * error:.2f}", flush=True)


def compare(name, way, ours, theirs):
    sides = Side("cloakroom"), Side("redis-py")
    for _ in range(ROUNDS):
        sides[0].round(way, ours)
        sides[1].round(way, theirs)
    report(name, *sides)


def bare(path, request):
    """A call of prepared bytes, answered within one piece."""
    near = socket.socket(socket.AF_UNIX)
    near.connect(path)

    def call():
        near.send(request)
        near.recv(65536)

    return call


async def pipelined(path, redis_path):
    async with AsyncRoom(path) as room:
        # As many connections as calls at once, which redis-py needs: it has no pipeline of separate calls.
        there = redis.asyncio.Redis(unix_socket_path=redis_path)
        sides = Side("cloakroom"), Side("redis-py")
        for _ in range(ROUNDS):
            for side, call in zip(sides, (room.kv.get, there.get)):
                took, begin = [], time.perf_counter()

                async def timed_call(call=call, took=took):
                    start = time.perf_counter()
                    await call("bench")
                    took.append(time.perf_counter() - start)

                for _ in range(CALLS // AT_ONCE):
                    await asyncio.gather(*(timed_call() for _ in range(AT_ONCE)))
                side.add(took, time.perf_counter() - begin)
        report("asyncio, 100", *sides)
        await there.aclose()


def main():
    path, redis_path = sys.argv[1:3]
    try:
        import hiredis

        print(
            f"redis-py {redis.__version__} with hiredis {hiredis.__version__}, Python {sys.version.split()[0]}"
        )
    except ImportError:
        print(f"redis-py {redis.__version__} without hiredis, Python {sys.version.split()[0]}")
    room, there = Room(path), redis.Redis(unix_socket_path=redis_path)
    room.kv.set("bench", "x" * 100)
    there.set("bench", "x" * 100)
    for name, way in (("one in flight", one), ("50 threads", fifty)):
        compare(name, way, lambda: room.kv.get("bench"), lambda: there.get("bench"))
    asyncio.run(pipelined(path, redis_path))
    get = b'{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"bench"}}\n'
    compare("bare, one", one, bare(path, get), bare(redis_path, b"*2\r\n$3\r\nGET\r\n$5\r\nbench\r\n"))


if __name__ == "__main__":
    main()
