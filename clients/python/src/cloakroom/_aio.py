"""One connection for an event loop: calls go out as they come, and answers are matched by their number."""

from __future__ import annotations

import asyncio
import os
import re
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ._call import (
    DEFAULT_TIMEOUT,
    GRACE,
    MAX_REPLY,
    MAX_WAITING,
    Call,
    Codec,
    cancel,
    prepare,
    socket_path,
)
from .errors import CloakroomError, Overloaded, TooLarge, Unavailable, from_reply

_live: weakref.WeakSet[Connection] = weakref.WeakSet()
_transports: weakref.WeakSet[Transport] = weakref.WeakSet()
# Where the sidecar writes the number of the request that it answers.
_NUMBER = re.compile(rb'\{"jsonrpc":"2\.0","id":(\d+),')


def _after_fork() -> None:
    # The child has the parent's sockets and, behind its loop, the parent's poll. To close them through the loop
    # would take them out of the parent's poll; to keep them would hold what is bound to the parent's connection.
    nothing = None
    for connection in list(_live):
        held = connection.descriptor()
        if held >= 0:
            nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC) if nothing is None else nothing
            os.dup2(nothing, held, inheritable=False)
        connection.lost = True
    if nothing is not None:
        os.close(nothing)
    for transport in list(_transports):
        transport.after_fork()


os.register_at_fork(after_in_child=_after_fork)


class ConnectionLost(Exception):
    """The connection broke after the request was on its way."""


class NotSent(ConnectionResetError):
    """The connection broke before any of the request was sent."""


class Connection(asyncio.Protocol):
    """One socket of one loop. Requests of one turn of the loop leave together."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._loop = asyncio.get_running_loop()
        self._transport: Optional[asyncio.Transport] = None
        self._number = 0
        # The last request of which anything may have left.
        self._sent = 0
        self._waiting: Dict[int, asyncio.Future[Dict[str, Any]]] = {}
        self._outbox: List[bytes] = []
        self._buffer = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()
        self.lost = False
        self._closed = False
        self.on_message: Optional[Callable[[Optional[Dict[str, Any]]], None]] = None
        _live.add(self)

    def descriptor(self) -> int:
        """The socket's, or -1 when it is closed."""
        if self._transport is None or self._closed:
            return -1
        return int(self._transport.get_extra_info("socket").fileno())

    # -- the loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        if buffer or not data.endswith(b"\n"):
            searched = len(buffer)
            buffer += data
            end = buffer.rfind(b"\n", searched)
            if end < 0:
                if len(buffer) > MAX_REPLY:
                    self._refuse_reply()
                return
            data = bytes(buffer[: end + 1])
            del buffer[: end + 1]
        for line in data.split(b"\n"):
            if line:
                try:
                    self._take(self._codec.reply(line))
                except (ValueError, RecursionError):
                    self.close()
                    return

    def _refuse_reply(self) -> None:
        """Ends the call whose reply is too large; it would be as large the next time."""
        found = _NUMBER.match(self._buffer)
        waiter = self._waiting.pop(int(found[1]), None) if found else None
        if waiter is not None and not waiter.done():
            waiter.set_exception(TooLarge(f"a reply of more than {MAX_REPLY} bytes"))
        self._buffer.clear()
        self.close()

    def _take(self, message: Dict[str, Any]) -> None:
        number = message.get("id")
        if number is None:
            if self.on_message is not None:
                self.on_message(message)
            return
        waiter = self._waiting.pop(number, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(message)

    def connection_lost(self, fault: Optional[Exception]) -> None:
        self.lost = self._closed = True
        self._writable.set()
        waiting, self._waiting = self._waiting, {}
        for number, waiter in waiting.items():
            if not waiter.done():
                waiter.set_exception(ConnectionLost() if number <= self._sent else NotSent())
        if self.on_message is not None:
            self.on_message(None)

    # -- the caller's side

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self.lost = True

    def _flush(self) -> None:
        data = b"".join(self._outbox)
        self._outbox.clear()
        transport = self._transport
        if transport is None or self.lost:
            return
        first = transport.get_write_buffer_size() == 0 and not transport.is_closing()
        transport.write(data)
        if not (first and transport.is_closing()):
            # Else the very first write has failed: the connection had been closed before.
            self._sent = self._number

    def _send(self, request: bytes) -> None:
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox.append(request)

    async def _ready(self, call: Call) -> None:
        if not self._writable.is_set():
            try:
                await asyncio.wait_for(self._writable.wait(), max(call.remaining(), 0.0))
            except asyncio.TimeoutError:
                raise call.out_of_time(sent=False) from None
        if self.lost:
            raise NotSent

    async def notify(self, call: Call) -> None:
        await self._ready(call)
        self._send(self._codec.notification(call))

    async def exchange(self, call: Call) -> Dict[str, Any]:
        await self._ready(call)
        self._number = number = self._number + 1
        request = self._codec.request(number, call)
        waiter: asyncio.Future[Dict[str, Any]] = self._loop.create_future()
        self._waiting[number] = waiter
        self._send(request)
        alarm = self._loop.call_later(call.remaining() + GRACE, _time_is_up, waiter, call)
        try:
            return await waiter
        except asyncio.CancelledError:
            # What it may still wait for is nobody's any more: a claim would be held, a message be read in vain.
            self._send(cancel(number))
            raise
        finally:
            # A call that was given up leaves its number: its answer, when it comes, is dropped.
            self._waiting.pop(number, None)
            alarm.cancel()


def _time_is_up(waiter: asyncio.Future[Dict[str, Any]], call: Call) -> None:
    if not waiter.done():
        waiter.set_exception(call.out_of_time(sent=True))


class Transport:
    """The connection of one room, made when it is first needed, and again in another loop."""

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
        self._connection: Optional[Connection] = None
        self._opening: Optional[Tuple[asyncio.AbstractEventLoop, asyncio.Task[Connection]]] = None
        self._waiting = 0
        self.closed = False
        _transports.add(self)

    def after_fork(self) -> None:
        self._connection = None
        self._opening = None
        self._waiting = 0

    def close(self) -> None:
        self.closed = True
        if self._connection is not None:
            self._connection.close()

    async def open(self, timeout: float) -> Connection:
        """A new connection, or OSError."""
        if self.closed:
            raise Unavailable("the room is closed")
        loop = asyncio.get_running_loop()
        path = socket_path(self._path)
        _, connection = await loop.create_unix_connection(lambda: Connection(self._codec), path)
        if self._hello:
            hello = Call("system.hello", "read", dict(self._hello), max(timeout, 0.001))
            try:
                answer = await connection.exchange(hello)
            except BaseException:
                connection.close()
                raise
            if "error" in answer:
                connection.close()
                raise from_reply(answer["error"])
        return connection

    async def _ready(self, call: Call) -> Connection:
        loop = asyncio.get_running_loop()
        held = self._connection
        if held is not None and not held.lost and held._loop is loop:
            if self.closed:
                raise Unavailable("the room is closed")
            return held
        if self._opening is None or self._opening[0] is not loop or self._opening[1].done():
            # All that wait for a connection wait for the same one.
            self._opening = (loop, loop.create_task(self.open(self.timeout)))
        opening = self._opening[1]
        done, _ = await asyncio.wait([opening], timeout=max(call.remaining(), 0.0))
        if not done:
            raise Unavailable("there is no sidecar to be reached in time", retryable=True)
        try:
            self._connection = opening.result()
        except ConnectionLost as lost:
            raise ConnectionResetError("the connection was lost at its beginning") from lost
        return self._connection

    async def pause(self, seconds: float) -> None:
        if self._waiting >= MAX_WAITING:
            raise Overloaded(f"{MAX_WAITING} calls wait for the sidecar already", retryable=True)
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1

    async def notify(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> None:
        call = prepare(method, params, common, defaults, self.timeout, "connection")
        while True:
            try:
                return await (await self._ready(call)).notify(call)
            except OSError as fault:
                await self.pause(call.after_no_connection(fault))

    async def call(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> Any:
        call = prepare(method, params, common, defaults, self.timeout)
        while True:
            try:
                answer = await (await self._ready(call)).exchange(call)
            except ConnectionLost:
                if self.closed:
                    raise call.closed(sent=True) from None
                pause = call.after_loss()
            except CloakroomError:
                raise
            except OSError as fault:
                pause = call.after_no_connection(fault)
            else:
                if "result" in answer:
                    return answer["result"]
                pause = call.after_error(from_reply(answer.get("error")))
            await self.pause(pause)
