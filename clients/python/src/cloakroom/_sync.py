"""A connection for each thread: one request, one wait, one answer."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
import weakref
from time import monotonic
from typing import Any, Callable, Dict, Mapping, Optional

from ._call import DEFAULT_TIMEOUT, GRACE, MAX_REPLY, MAX_WAITING, Call, Codec, cancel, prepare, socket_path
from .errors import CloakroomError, Overloaded, TooLarge, Unavailable, from_reply

_live: weakref.WeakSet[Connection] = weakref.WeakSet()
_transports: weakref.WeakSet[Transport] = weakref.WeakSet()
_generation = 0


def _after_fork() -> None:
    # The child shares the parent's sockets: it must neither use nor keep them, else the answer to one goes to
    # the other, and a claim bound to the parent's connection would outlive the parent.
    global _generation
    _generation += 1
    for connection in list(_live):
        connection.close()
    for transport in list(_transports):
        transport.after_fork()


os.register_at_fork(after_in_child=_after_fork)


class ConnectionLost(Exception):
    """The connection broke; whether the request was whole on its way by then."""

    def __init__(self, sent: bool) -> None:
        super().__init__("the connection was lost")
        self.sent = sent


class TimeIsUp(Exception):
    """No answer within the call's time; the connection is still good."""


class Connection:
    """One socket. Its thread's alone."""

    def __init__(self, path: str, codec: Codec, wait: float) -> None:
        self._codec = codec
        self._number = 0
        self._buffer = bytearray()
        self._wait = 0.0
        self.generation = _generation
        self._socket: Optional[socket.socket] = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        _live.add(self)
        try:
            self._patience(wait)
            self._socket.connect(path)
        except BaseException:
            self.close()
            raise

    @property
    def closed(self) -> bool:
        return self._socket is None

    def close(self) -> None:
        held, self._socket = self._socket, None
        if held is not None:
            held.close()

    def __del__(self) -> None:
        self.close()

    def _patience(self, seconds: float) -> None:
        # The kernel's own time-out costs nothing a call, where settimeout() costs a poll(2) before each read
        # and write. It need not be exact, as the call's end is looked at by the clock.
        if self._socket is not None and not 0.9 * self._wait <= seconds <= self._wait:
            packed = struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000) or 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, packed)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, packed)
            self._wait = seconds

    def send(self, request: bytes, call: Call) -> None:
        held = self._socket
        if held is None:
            raise ConnectionLost(sent=False)
        self._patience(max(call.remaining(), 0.0) + GRACE)
        try:
            done = held.send(request)
            while done < len(request):
                if call.remaining() <= 0:
                    raise ConnectionLost(sent=False)
                done += held.send(request[done:])
        except OSError as fault:
            # A frame that is cut is never run: nothing was done.
            self.close()
            raise ConnectionLost(sent=False) from fault
        except BaseException:
            # Also an interrupt: what is sent next would continue the frame that was cut.
            self.close()
            raise

    def receive(self, until: float) -> Dict[str, Any]:
        """The next message; past `until` (monotonic) TimeIsUp, and what has been read stays."""
        buffer = self._buffer
        start = 0
        while True:
            end = buffer.find(b"\n", start)
            if end >= 0:
                line = bytes(buffer[:end])
                del buffer[: end + 1]
                try:
                    return self._codec.reply(line)
                except (ValueError, RecursionError) as fault:
                    self.close()
                    raise ConnectionLost(sent=True) from fault
            start = len(buffer)
            if start > MAX_REPLY:
                self.close()
                raise TooLarge(f"a reply of more than {MAX_REPLY} bytes")
            held = self._socket
            if held is None:
                raise ConnectionLost(sent=True)
            left = until - monotonic()
            if left <= 0:
                raise TimeIsUp
            if left < 0.9 * self._wait:
                self._patience(left)
            try:
                piece = held.recv(262144)
            except (BlockingIOError, TimeoutError):
                continue
            except OSError as fault:
                self.close()
                raise ConnectionLost(sent=True) from fault
            if not piece:
                self.close()
                raise ConnectionLost(sent=True)
            buffer += piece

    def exchange(self, call: Call) -> Dict[str, Any]:
        """Sends a call and waits for its answer; answers to calls that were given up are dropped."""
        self._number += 1
        number = self._number
        self.send(self._codec.request(number, call), call)
        until = call.deadline + GRACE
        try:
            while True:
                answer = self.receive(until)
                if answer.get("id") == number:
                    return answer
        except TimeIsUp:
            # The answer may come yet: its number tells it from the next one's.
            raise call.out_of_time(sent=True) from None
        except (ConnectionLost, CloakroomError):
            raise
        except BaseException:
            # A signal's handler has raised: what the call may still wait for is nobody's any more.
            self._take_back(number)
            raise

    def _take_back(self, number: int) -> None:
        held = self._socket
        if held is not None:
            request = cancel(number)
            try:
                if held.send(request, socket.MSG_DONTWAIT) < len(request):
                    self.close()
            except OSError:
                pass


class Transport:
    """The connections of one room, a thread each, made when they are first needed."""

    def __init__(
        self,
        path: Optional[str],
        timeout: float,
        parse_float: Optional[Callable[[str], Any]],
        service: Optional[str],
        client: Optional[str],
    ) -> None:
        self._path = path
        self._hello = {
            name: value for name, value in (("service", service), ("client", client)) if value is not None
        }
        self.timeout = DEFAULT_TIMEOUT if timeout is None else timeout
        self._codec = Codec(parse_float)
        self._local = threading.local()
        self._waiting = 0
        self._count = threading.Lock()
        self.closed = False
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()
        _transports.add(self)

    def after_fork(self) -> None:
        # Another thread of the parent may have held it.
        self._count = threading.Lock()
        self._waiting = 0

    def close(self) -> None:
        """Closes all connections; calls under way in other threads end with an error."""
        self.closed = True
        for connection in list(self._all):
            held = connection._socket
            if held is not None:
                try:
                    held.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        mine = getattr(self._local, "connection", None)
        if mine is not None:
            mine.close()

    def open(self, call: Call) -> Connection:
        """A new connection, or OSError."""
        if self.closed:
            raise Unavailable("the room is closed")
        connection = Connection(socket_path(self._path), self._codec, call.timeout + GRACE)
        self._all.add(connection)
        if self._hello:
            hello = Call("system.hello", "read", dict(self._hello), max(call.remaining(), 0.001))
            answer = connection.exchange(hello)
            if "error" in answer:
                connection.close()
                raise from_reply(answer["error"])
        return connection

    def _connection(self, call: Call) -> Connection:
        connection: Optional[Connection] = getattr(self._local, "connection", None)
        if connection is None or connection._socket is None or connection.generation != _generation:
            connection = self.open(call)
            self._local.connection = connection
        elif self.closed:
            raise Unavailable("the room is closed")
        return connection

    def pause(self, seconds: float) -> None:
        with self._count:
            if self._waiting >= MAX_WAITING:
                raise Overloaded(f"{MAX_WAITING} calls wait for the sidecar already", retryable=True)
            self._waiting += 1
        try:
            time.sleep(seconds)
        finally:
            with self._count:
                self._waiting -= 1

    def notify(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> None:
        call = prepare(method, params, common, defaults, self.timeout, "connection")
        while True:
            try:
                connection = self._connection(call)
                return connection.send(self._codec.notification(call), call)
            except (ConnectionLost, OSError) as fault:
                self.pause(call.after_no_connection(fault))

    def call(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> Any:
        """Makes a call until it is answered, as far as its effect and its time allow."""
        call = prepare(method, params, common, defaults, self.timeout)
        while True:
            try:
                answer = self._connection(call).exchange(call)
            except ConnectionLost as lost:
                if self.closed:
                    raise call.closed(lost.sent) from None
                pause = call.after_loss() if lost.sent else call.after_no_connection(lost)
            except OSError as fault:
                pause = call.after_no_connection(fault)
            else:
                if "result" in answer:
                    return answer["result"]
                pause = call.after_error(from_reply(answer.get("error")))
            self.pause(pause)
