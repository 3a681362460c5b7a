"""A sidecar that says what a test has it say."""

import json
import socket
import threading


class FakeSidecar:
    """Answers `system.hello` with limits, and every other line with what `answer(message, number)` gives: bytes, or
    None for silence. Of connections and lines it keeps what it has seen."""

    def __init__(self, path, answer, **limits):
        self.answer, self.limits = answer, limits
        self.connections = 0
        self.seen = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(near, self.connections), daemon=True).start()

    def serve(self, near, number):
        try:
            with near, near.makefile("rb") as lines:
                for line in lines:
                    message = json.loads(line)
                    if message["method"] == "system.hello":
                        near.sendall(result(message, {"limits": self.limits}))
                        continue
                    self.seen.append(message["method"])
                    said = self.answer(message, number)
                    if said is not None:
                        near.sendall(said)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def result(message, value):
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": value}).encode() + b"\n"


def error(reason, number=None):
    fault = {"code": -32700, "message": "no", "data": {"reason": reason, "retryable": False}}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": fault}).encode() + b"\n"
