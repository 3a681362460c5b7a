"""Reads of one value through the sidecar, beside redis-py on Redis itself: in turn, as ratios with their error.

python3 bench.py SOCKET REDIS_SOCKET     # both must be running; needs redis-py, with or without hiredis
"""

import asyncio
import math
import sys
import threading
import time

import redis
import redis.asyncio

from cloakroom import AsyncRoom, Room

ROUNDS, CALLS = 12, 2000


def repeat(call, times):
    for _ in range(times):
        call()


def one(call):
    begin = time.perf_counter()
    repeat(call, CALLS)
    return CALLS / (time.perf_counter() - begin)


def fifty(call):
    threads = [threading.Thread(target=repeat, args=(call, CALLS // 50)) for _ in range(50)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CALLS / (time.perf_counter() - begin)


async def at_once(call):
    begin = time.perf_counter()
    for _ in range(CALLS // 100):
        await asyncio.gather(*(call() for _ in range(100)))
    return CALLS / (time.perf_counter() - begin)


def report(name, pairs):
    logs = [math.log(ours / theirs) for ours, theirs in pairs]
    mean = sum(logs) / len(logs)
    error = math.sqrt(sum((x - mean) ** 2 for x in logs) / (len(logs) - 1) / len(logs))
    ours = sum(p[0] for p in pairs) / len(pairs)
    theirs = sum(p[1] for p in pairs) / len(pairs)
    ratio = math.exp(mean)
    print(f"{name:24} {ours:8.0f}/s  redis-py {theirs:8.0f}/s  ratio {ratio:.2f} ± {ratio * error:.2f}")


async def pipelined(path, redis_path):
    async with AsyncRoom(path) as room:
        # As many connections as calls at once, which redis-py needs: it has no pipeline of separate calls.
        there = redis.asyncio.Redis(unix_socket_path=redis_path)
        pairs = []
        for _ in range(ROUNDS):
            ours = await at_once(lambda: room.kv.get("bench"))
            pairs.append((ours, await at_once(lambda: there.get("bench"))))
        report("asyncio, 100 at once", pairs[1:])
        await there.aclose()


def main():
    path, redis_path = sys.argv[1:3]
    room, there = Room(path), redis.Redis(unix_socket_path=redis_path)
    room.kv.set("bench", "x" * 100)
    there.set("bench", "x" * 100)
    for name, way in (("one in flight", one), ("50 threads", fifty)):
        pairs = [(way(lambda: room.kv.get("bench")), way(lambda: there.get("bench"))) for _ in range(ROUNDS)]
        report(name, pairs[1:])
    asyncio.run(pipelined(path, redis_path))


if __name__ == "__main__":
    main()
