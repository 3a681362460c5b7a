"""Calm clients: what a few small calls take, one at a time."""

import array
import math
import multiprocessing
import statistics
import time

from servers import Line, request

CALM = ["system.ping", "kv.get", "kv.set", "counter.increment"]


def exchange(line, text):
    """The answer to a call; none where the connection has ended."""
    try:
        line.send(text)
        return line.receive()
    except OSError:
        return None


def calm(path, name, until, results):
    """One call at a time and one each two milliseconds, from several namespaces; each told how long it took."""
    line = Line(path)
    # Four bytes a call: an hour has half a million.
    took, errors, longest_ping = array.array("f"), {}, 0.0
    start, longest = time.monotonic(), (0.0, "", 0.0)
    number = 0
    while time.monotonic() < until.value:
        method = CALM[number % len(CALM)]
        params = {
            "kv.get": {"key": f"calm:{name}"},
            "kv.set": {"key": f"calm:{name}", "value": {"n": number}},
        }.get(method, {"key": f"count:{name}"} if method == "counter.increment" else {})
        began = time.perf_counter()
        answer = exchange(line, request(method, params, number))
        spent = time.perf_counter() - began
        if answer is None:
            errors["closed"] = errors.get("closed", 0) + 1
            try:
                line = Line(path)
            except OSError:
                break
        elif "error" in answer:
            reason = answer["error"].get("data", {}).get("reason", "?")
            errors[reason] = errors.get(reason, 0) + 1
        took.append(spent * 1000)
        longest = max(longest, (spent * 1000, method, time.monotonic() - start))
        if method == "system.ping":
            longest_ping = max(longest_ping, spent * 1000)
        number += 1
        time.sleep(0.002)
    results.put((took, errors, longest_ping, longest))


class Calm:
    """Two calm clients at a sidecar, each a process of its own."""

    def __init__(self, path):
        self.until = multiprocessing.Value("d", math.inf)
        self.results = multiprocessing.Queue()
        self.processes = [
            multiprocessing.Process(target=calm, args=(path, index, self.until, self.results), daemon=True)
            for index in range(2)
        ]
        for process in self.processes:
            process.start()

    def end(self):
        """What their calls came to."""
        self.until.value = 0
        parts = []
        for _ in self.processes:
            try:
                parts.append(self.results.get(timeout=70))
            except Exception:
                parts.append(([70_000.0], {"no answer": 1}, 70_000.0, (70_000.0, "?", 0.0)))
        for process in self.processes:
            process.join(5)
            process.kill()
        took = sorted(value for part in parts for value in part[0])
        errors = {}
        for part in parts:
            for reason, count in part[1].items():
                errors[reason] = errors.get(reason, 0) + count
        return {
            "p50": statistics.median(took),
            "p99": took[int(len(took) * 0.99)],
            "longest": took[-1],
            # With its method and the seconds that had passed.
            "which": max(part[3] for part in parts),
            "ping": max(part[2] for part in parts),
            "errors": errors,
            "calls": len(took),
        }
