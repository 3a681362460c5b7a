"""Greedy clients that speak HTTP on the socket."""

from appetites import MEGABYTE, Appetite
from servers import request


def post(text):
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text.encode())


class Web(Appetite):
    def prepare(self):
        self.main = self.line()

    def take_responses(self, line, count):
        for _ in range(count):
            status = line.file.readline().split()
            length = 0
            while (header := line.file.readline().lower()) not in (b"\r\n", b""):
                if header.startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            line.file.read(length)
            if not status:
                raise ConnectionError
            if status[1] != b"200":
                self.was_refused(status[1].decode())

    def ask(self, text, count):
        self.exchange(self.main, text * count, self.take_responses, count)


class ShortRequests(Web):
    """50,000 requests of 19 bytes, one behind the other."""

    def work(self):
        self.ask(b"GET /x HTTP/1.1\r\n\r\n", 50_000)


class Probes(Web):
    """5,000 GET /health, one behind the other."""

    def work(self):
        self.ask(b"GET /health HTTP/1.1\r\n\r\n", 5000)


class LongResponses(Web):
    """500 kv.get of 1 MB, one behind the other."""

    def prepare(self):
        super().prepare()
        self.line().call("kv.set", key="large", value=MEGABYTE)

    def work(self):
        self.ask(post(request("kv.get", {"key": "large"}).strip()), 500)


class UnreadResponses(LongResponses):
    """60 connections with ten batches of 16 kv.get of 1 MB each, not read."""

    def work(self):
        members = ",".join([request("kv.get", {"key": "large"}).strip()] * 16)
        self.leave(60, post(f"[{members}]") * 10)


class HalfHeads(Web):
    """900 connections with 2 MB of headers each, and no more."""

    def work(self):
        self.leave(900, b"POST / HTTP/1.1\r\n" + (b"a: " + b"b" * 8000 + b"\r\n") * 250)


class HalfBodies(Web):
    """100 connections with most of a body of 4 MB each, and no more."""

    def work(self):
        self.leave(100, post(request("kv.set", {"key": "x", "value": "x" * 3_900_000}))[:-10])


WEB = [ShortRequests, Probes, LongResponses, UnreadResponses, HalfHeads, HalfBodies]
