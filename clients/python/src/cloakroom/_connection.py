"""One socket of one thread: one request, one wait, one answer."""

from __future__ import annotations

import os
import socket
import struct
import weakref
from time import monotonic
from typing import Any, Dict, List, Optional

from ._call import GRACE, MAX_REPLY, Call
from ._codec import Codec, ReplyTooLarge
from ._limits import Limits

live: weakref.WeakSet[Connection] = weakref.WeakSet()
_generation = 0


def _after_fork() -> None:
    # The child shares the parent's sockets: it must neither use nor keep them, else the answer to one goes to
    # the other, and a claim bound to the parent's connection would outlive the parent.
    global _generation
    _generation += 1
    for connection in list(live):
        connection.close()


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
        # How many requests have been sent and not answered: more than one when calls were given up.
        self._owed = 0
        self._rest = b""
        self._wait = 0.0
        self.limits = Limits()
        self._generation = _generation
        self._socket: Optional[socket.socket] = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        live.add(self)
        try:
            self._be_patient(wait)
            self._socket.connect(path)
        except BaseException:
            self.close()
            raise

    @property
    def closed(self) -> bool:
        return self._socket is None or self._generation != _generation

    def close(self) -> None:
        held, self._socket = self._socket, None
        if held is not None:
            held.close()

    def shut_down(self) -> None:
        """Ends the wait of the thread that it belongs to."""
        held = self._socket
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __del__(self) -> None:
        self.close()

    def _be_patient(self, seconds: float) -> None:
        # The kernel's own time-out costs nothing a call, where settimeout() costs a poll(2) before each read
        # and write. It need not be exact, as the call's end is looked at by the clock.
        if self._socket is not None:
            packed = struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000) or 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, packed)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, packed)
            self._wait = seconds

    def exchange(self, call: Call) -> Dict[str, Any]:
        """Sends a call and waits for its answer; answers to calls that were given up are dropped."""
        self._number = number = self._number + 1
        left = call.deadline - monotonic()
        call.params["deadlineMs"] = int(left * 1000) if left > 0.001 else 1
        request = self._codec.request(number, call.method, call.params)
        limits = self.limits
        if len(request) > limits.frame_bytes or call.method in limits.lists:
            limits.check(call.method, call.params, request)
        if not 0.9 * self._wait <= left + GRACE <= self._wait:
            self._be_patient(max(left, 0.0) + GRACE)
        try:
            self._send(request, call)
            self._owed += 1
            return self._answer(number, call)
        except ConnectionLost as lost:
            said = None if lost.sent else self._last_words()
            self.close()
            if said is None:
                raise
            return said
        except (TimeIsUp, ReplyTooLarge) as fault:
            # The answer may come yet: its number tells it from the next one's.
            raise call.given_up(fault) from None
        except BaseException:
            # An interrupt may have lost a piece of a frame.
            self.close()
            raise

    def notify(self, call: Call) -> None:
        """Sends a call that is never answered."""
        request = self._codec.notification(call.method, call.with_deadline())
        self.limits.check(call.method, call.params, request)
        try:
            self._be_patient(max(call.remaining(), 0.0) + GRACE)
            self._send(request, call)
        except BaseException:
            self.close()
            raise

    def _send(self, request: bytes, call: Call) -> None:
        held = self._socket
        try:
            if held is None:
                raise ConnectionLost(sent=False)
            done = held.send(request)
            while done < len(request):
                if call.remaining() <= 0:
                    raise ConnectionLost(sent=False)
                done += held.send(memoryview(request)[done:])
        except OSError as fault:
            # A frame that is cut is never run: nothing was done.
            raise ConnectionLost(sent=False) from fault

    def _answer(self, number: int, call: Call) -> Dict[str, Any]:
        until = call.deadline + GRACE
        while True:
            try:
                answer = self.receive(until)
            except ReplyTooLarge as fault:
                self._owed -= 1
                if fault.number in (number, None):
                    raise
                continue
            told = answer.get("id")
            if told == number:
                self._owed -= 1
                return answer
            if told is not None:
                self._owed -= 1
            elif "error" in answer:
                # A request that the sidecar could not read. It was this one, unless others are open.
                if self._owed > 1:
                    raise ConnectionLost(sent=True)
                self._owed = 0
                return answer

    def _last_words(self) -> Optional[Dict[str, Any]]:
        """Why the sidecar has closed the connection before it was sent anything."""
        held = self._socket
        if held is None or self._owed:
            return None
        try:
            answer = self._codec.reply(held.recv(65536, socket.MSG_DONTWAIT))
        except (OSError, ValueError, ReplyTooLarge):
            return None
        return answer if "error" in answer else None

    def receive(self, until: float) -> Dict[str, Any]:
        """The next message; past `until` (monotonic) TimeIsUp, and what has been read stays."""
        data = self._rest or self._read(until, 65536)
        end = data.find(b"\n")
        if end != len(data) - 1:
            if end < 0:
                data, end = self._gather(data, until)
            self._rest = data[end + 1 :]
            data = data[:end]
        else:
            self._rest = b""
        try:
            return self._codec.reply(data)
        except ValueError as fault:
            raise ConnectionLost(sent=True) from fault

    def _read(self, until: float, most: int) -> bytes:
        while True:
            held = self._socket
            if held is None:
                raise ConnectionLost(sent=True)
            left = until - monotonic()
            if left <= 0:
                raise TimeIsUp
            if left < 0.9 * self._wait:
                self._be_patient(left)
            try:
                # For a large piece the allocator asks the kernel for memory, each time.
                piece = held.recv(most)
            except (BlockingIOError, TimeoutError):
                continue
            except OSError as fault:
                raise ConnectionLost(sent=True) from fault
            if not piece:
                raise ConnectionLost(sent=True)
            return piece

    def _gather(self, data: bytes, until: float) -> tuple[bytes, int]:
        """Reads on up to the end of a line, and tells where that is."""
        pieces: List[bytes] = [data]
        size = len(data)
        try:
            while True:
                piece = self._read(until, 262144)
                pieces.append(piece)
                end = piece.find(b"\n")
                if end >= 0:
                    return b"".join(pieces), size + end
                size += len(piece)
                if size > MAX_REPLY:
                    self.close()
                    raise ReplyTooLarge(self._codec.number(data), f"has more than {MAX_REPLY} bytes")
        except TimeIsUp:
            self._rest = b"".join(pieces)
            raise
