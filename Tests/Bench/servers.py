"""What the benchmarks share: a Redis and sidecars of their own, and connections to them."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class Redis:
    """A Redis that keeps nothing on disk."""

    def __init__(self, folder):
        self.path = f"{folder}/redis.sock"
        options = ["--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(["redis-server", *options], cwd=folder, stdout=subprocess.DEVNULL)
        until("Redis", lambda: os.path.exists(self.path))

    def run(self, *command):
        done = subprocess.run(
            ["redis-cli", "-s", self.path, *command], check=True, capture_output=True, text=True
        )
        return done.stdout

    def memory(self):
        lines = self.run("info", "memory").splitlines()
        return int(next(line for line in lines if line.startswith("used_memory:")).split(":")[1])

    def end(self):
        self.process.terminate()
        self.process.wait()


class Sidecar:
    """A sidecar on that Redis, or in memory."""

    def __init__(self, binary, folder, name, redis=None, **settings):
        self.path = f"{folder}/{name}.sock"
        environment = {"PATH": os.environ["PATH"], "CLOAKROOM_SOCKET": self.path, **settings}
        if redis:
            environment["REDIS_URL"] = f"unix://{redis.path}"
        self.log = Path(f"{folder}/{name}.log").open("w")
        self.process = subprocess.Popen(
            [os.path.abspath(binary), "serve"], env=environment, cwd=folder, stdout=self.log, stderr=self.log
        )
        until("the sidecar", lambda: os.path.exists(self.path) or self.process.poll() is not None)
        if self.process.poll() is not None:
            sys.exit(Path(self.log.name).read_text())

    def resident(self):
        """Bytes of memory that it has, of the process itself and not of files."""
        return status(self.process.pid, "RssAnon")

    def highest(self):
        """The most that it has ever had."""
        return status(self.process.pid, "VmHWM")

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


@contextlib.contextmanager
def servers():
    """A temporary folder, and a list of what is to be ended after the benchmark."""
    started = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield folder, started
        finally:
            for one in reversed(started):
                one.end()


class Line:
    """A connection that sends calls ahead of their answers."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.timeout = timeout
        self.socket.settimeout(timeout)
        while True:
            try:
                self.socket.connect(path)
                break
            except BlockingIOError:
                # As many wait for being accepted as may.
                time.sleep(0.01)
        self.file = self.socket.makefile("rb", 1 << 16)

    def send(self, text):
        self.socket.sendall(text.encode())

    def receive(self):
        """The next answer, or notification; nothing when the sidecar has closed the connection."""
        text = self.file.readline()
        return json.loads(text) if text else None

    def has_text(self):
        """Whether there is something that was received and not read."""
        self.socket.setblocking(False)
        try:
            return bool(self.file.peek(1))
        finally:
            self.socket.settimeout(self.timeout)

    def all(self, method, params, *, ahead=256):
        """The results of a method for each of the parameters, in their order."""
        results = [None] * len(params)
        for start in range(0, len(params), ahead):
            part = params[start : start + ahead]
            self.send("".join(request(method, one, start + index) for index, one in enumerate(part)))
            for _ in part:
                answer = self.receive()
                if "error" in answer:
                    sys.exit(f"{method}: {str(answer['error'])[:500]}")
                results[answer["id"]] = answer["result"]
        return results

    def call(self, method, **params):
        return self.all(method, [params])[0]

    def close(self):
        self.file.close()
        self.socket.close()


def request(method, params, id=0):
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}) + "\n"


def processor(pid):
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
