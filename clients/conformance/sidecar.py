"""Real sidecars, in memory and on a real Redis."""

import os
import shutil
import socket
import subprocess
import time

BINARY = os.environ.get("CLOAKROOM_BINARY") or shutil.which("cloakroom") or ".build/release/cloakroom"


def wait_until(what, seconds=10.0):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.01)


def answers(path):
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
        return True
    except OSError:
        return False


class Sidecar:
    """A sidecar with its store, in a folder of its caller's."""

    def __init__(self, folder, store="memory"):
        self.folder = folder
        self.path = f"{folder}/s.sock"
        self.redis = None
        self.options = []
        self.process = None
        if store == "redis":
            self.redis_path = f"{folder}/r.sock"
            self.options = ["--redis", f"unix://{self.redis_path}"]
            self.start_redis()

    def start_redis(self):
        if self.redis is None:
            server = ["redis-server", "--port", "0", "--unixsocket", self.redis_path]
            self.redis = subprocess.Popen(
                [*server, "--save", "", "--dir", self.folder], stdout=subprocess.DEVNULL
            )
            wait_until(lambda: answers(self.redis_path))

    def stop_redis(self):
        if self.redis is not None:
            self.redis.kill()
            self.redis.wait()
            self.redis = None

    def start(self):
        if self.process is None:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("CLOAKROOM_")}
            # A debug build on a busy machine is not blamed for a late answer of Redis.
            environment["CLOAKROOM_STORE_COMMAND_TIMEOUT"] = "10s"
            with open(f"{self.folder}/log", "ab") as log:
                self.process = subprocess.Popen(
                    [BINARY, "serve", "--socket", self.path, *self.options],
                    stdout=log,
                    stderr=log,
                    env=environment,
                )
            wait_until(lambda: answers(self.path))
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self):
        self.stop()
        self.stop_redis()
