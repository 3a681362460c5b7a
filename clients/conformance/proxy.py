"""Stands between a client and the sidecar, keeps what was asked, and spoils what it is told to spoil."""

import json
import os
import socket
import threading


class Proxy:
    """Hands lines on, both ways, and does to the next requests of a method what a fault says.

    A fault is a mapping: `proxy` is its kind, `method` what it is for (any but system.hello, when left out, as a
    client may ask that whenever it connects), `times` how many requests it is for (1). The kinds:

    `lose`: the request is handed on, and the connection cut in place of its reply.
    `cutRequest`, `cutReply`: `keep` bytes of it are handed on, and the connection cut. Less than 0: all but as many,
    its newline counted; between 0 and 1: that part of it.
    `delay`: the reply comes `seconds` later; others overtake it.
    `answer`: the request isn't handed on; `reply`, the members of a reply without its id, is its answer.
    `say`: `line` comes before the reply.
    `pieces`: the reply comes a byte at a time.
    `flood`: the reply is a string of `bytes` bytes.
    """

    def __init__(self, path, target):
        self.path, self.target = path, target
        self.faults = []
        # Of each request its connection's number and what it was, for those that look at the wire. What a client
        # asks when it connects is no call of its user's.
        self.seen = []
        # The connection's number and the id of each request that the sidecar has answered.
        self.answered = set()
        self.accepted = 0
        # How many connections have ended at the client's end.
        self.left = 0
        self.reading = threading.Event()
        self.reading.set()
        self.links = set()
        self.lock = threading.Lock()
        self.listen()

    def listen(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(1024)
        self.listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def restart(self):
        """What a client sees of a sidecar that is restarted: the listener goes, all connections, and one comes."""
        self._stop_listening()
        self.cut()
        self.listen()

    def add(self, fault):
        self.faults.append({"times": 1, **fault})

    def lose(self, count):
        self.add({"proxy": "lose", "times": count})

    def fault(self, method):
        with self.lock:
            for fault in self.faults:
                meant = fault.get("method", method if method != "system.hello" else None)
                if meant == method and fault["times"] > 0:
                    fault["times"] -= 1
                    return fault
        return {"proxy": None}

    def cut(self, text=None):
        """Cuts all connections, or those on which a request with this text in it was seen."""
        wanted = {number for number, _, line in list(self.seen) if text is None or text.encode() in line}
        with self.lock:
            links = [link for link in self.links if text is None or link.number in wanted]
        for link in links:
            link.cut()

    def close(self):
        self._stop_listening()
        self.reading.set()
        self.cut()

    def _stop_listening(self):
        # To close alone would leave the thread in accept(2).
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                link = Link(self, near, self.accepted)
                self.links.add(link)
            threading.Thread(target=link.requests, daemon=True).start()


def part(line, keep):
    if keep < 0:
        return line[: len(line) + keep]
    return line[: int(keep if keep >= 1 else keep * len(line))]


class Link:
    """One connection of a client, and the one to the sidecar that belongs to it."""

    def __init__(self, proxy, near, number):
        self.proxy, self.near, self.number = proxy, near, number
        self.far = socket.socket(socket.AF_UNIX)
        self.awaited = {}
        self.writing = threading.Lock()

    def requests(self):
        threads = []
        try:
            self.far.connect(self.proxy.target)
            threads.append(threading.Thread(target=self.replies, daemon=True))
            threads[0].start()
            for line in self.lines():
                if not self.request(line):
                    break
            else:
                self.cut()
                self.proxy.left += 1
        except OSError:
            pass
        finally:
            self.cut()
            for thread in threads:
                thread.join()
            self.near.close()
            self.far.close()
            with self.proxy.lock:
                self.proxy.links.discard(self)

    def lines(self):
        """What the client sends, read no further than the proxy is to read."""
        held = b""
        while True:
            piece = self.near.recv(65536)
            self.proxy.reading.wait()
            if not piece:
                return
            *whole, held = (held + piece).split(b"\n") if b"\n" in piece else [held + piece]
            yield from (line + b"\n" for line in whole)

    def request(self, line):
        """Returns whether the connection goes on."""
        try:
            request = json.loads(line, parse_float=str)
        except ValueError:
            request = {}
        fault = self.proxy.fault(request.get("method"))
        if request.get("method") != "system.hello":
            self.proxy.seen.append((self.number, request, line))
        if fault["proxy"] == "cutRequest":
            self.far.sendall(part(line, fault["keep"]))
            return False
        if fault["proxy"] == "answer":
            self.send(
                json.dumps({"jsonrpc": "2.0", "id": request.get("id"), **fault["reply"]}).encode() + b"\n"
            )
            return True
        if "id" in request:
            self.awaited[request["id"]] = fault
        self.far.sendall(line)
        return True

    def replies(self):
        try:
            with self.far.makefile("rb") as lines:
                for line in lines:
                    try:
                        number = json.loads(line, parse_float=str).get("id")
                    except ValueError:
                        number = None
                    self.proxy.answered.add((self.number, str(number)))
                    if not self.reply(line, number, self.awaited.pop(number, {"proxy": None})):
                        break
        except OSError:
            pass
        finally:
            self.cut()

    def reply(self, line, number, fault):
        """Returns whether the connection goes on."""
        kind = fault["proxy"]
        if kind == "lose":
            return False
        if kind == "cutReply":
            self.send(part(line, fault["keep"]))
            return False
        if kind == "delay":
            timer = threading.Timer(fault["seconds"], self.send, [line])
            timer.daemon = True
            timer.start()
            return True
        if kind == "flood":
            self.send(f'{{"jsonrpc":"2.0","id":{json.dumps(number)},"result":"'.encode())
            self.send(b"x" * fault["bytes"])
            line = b'"}\n'
        if kind == "say":
            self.send(fault["line"].encode() + b"\n")
        if kind == "pieces":
            for at in range(len(line)):
                self.send(line[at : at + 1])
        else:
            self.send(line)
        return True

    def send(self, data):
        with self.writing:
            try:
                self.near.sendall(data)
            except OSError:
                self.cut()

    def cut(self):
        for end in (self.near, self.far):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
