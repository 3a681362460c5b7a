"""Real sidecars, in memory and on a real Redis, and a proxy that loses answers."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

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
        self.redis = subprocess.Popen(
            [
                "redis-server",
                "--port",
                "0",
                "--unixsocket",
                self.redis_path,
                "--save",
                "",
                "--dir",
                self.folder,
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(lambda: answers(self.redis_path))

    def stop_redis(self):
        self.redis.kill()
        self.redis.wait()

    def start(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CLOAKROOM_")}
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
        if self.redis is not None:
            self.stop_redis()


class Proxy:
    """Hands lines on; `lose(n)` cuts the connection in place of each of the next n answers."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self.losses = 0
        self.seen = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def lose(self, count):
        self.losses = count

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self.target)
            requests, replies = near.makefile("rb"), far.makefile("rb")
            for line in requests:
                # What a client asks when it connects is no call of its user's.
                is_call = b'"system.hello"' not in line
                if is_call:
                    self.seen.append(line)
                far.sendall(line)
                reply = replies.readline()
                if (is_call and self.losses > 0) or not reply:
                    self.losses = max(0, self.losses - 1)
                    return
                near.sendall(reply)
        except OSError:
            pass
        finally:
            for end in (near, far):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()

    def close(self):
        self.listener.close()


class SidecarCase(unittest.TestCase):
    store = "memory"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cloakroom-py-")
        cls.sidecar = Sidecar(cls.folder, cls.store)
        try:
            cls.sidecar.start()
        except BaseException:
            cls.sidecar.end()
            raise
        cls.proxy = Proxy(f"{cls.folder}/p.sock", cls.sidecar.path)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        cls.sidecar.end()
        shutil.rmtree(cls.folder, ignore_errors=True)
