"""One connection for an event loop: calls go out as they come, and answers are matched by their number."""

from __future__ import annotations

import asyncio
import os
import socket
import weakref
from time import monotonic
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ._call import DEFAULT_TIMEOUT, GRACE, MAX_REPLY, MAX_WAITING, Call, prepare
from ._codec import Codec, ReplyTooLarge, cancel
from ._limits import Limits
from ._place import socket_path
from ._sync import Refused
from .errors import CloakroomError, InvalidParams, Unavailable, from_reply

# How many calls are made on connections of their own at a time.
MAX_ALONE = 8

_live: weakref.WeakSet[Connection] = weakref.WeakSet()
_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


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


class Unmatched(ConnectionLost):
    """One of several requests could not be read, and nobody knows which."""


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
        # How many requests have been written and not answered, those included that were given up.
        self._owed = 0
        self.limits = Limits()
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
                    number = self._codec.number(bytes(buffer[:64]))
                    if number is not None:
                        self._tell(number, ReplyTooLarge(number, f"has more than {MAX_REPLY} bytes"))
                    self.close()
                return
            data = bytes(buffer[: end + 1])
            del buffer[: end + 1]
        for line in data.split(b"\n"):
            if line:
                try:
                    self._take(self._codec.reply(line))
                except ReplyTooLarge as fault:
                    if fault.number is None:
                        # An event: that it is missing is told by the gap.
                        self.close()
                        return
                    self._tell(fault.number, fault)
                except ValueError:
                    self.close()
                    return

    def _take(self, message: Dict[str, Any]) -> None:
        number = message.get("id")
        if number is not None:
            self._tell(number, message)
        elif "error" not in message:
            if self.on_message is not None:
                self.on_message(message)
        elif self._owed > 1:
            self._drop(Unmatched)
            self.close()
        else:
            # A request that the sidecar could not read: the only one that there is.
            for number in list(self._waiting):
                self._tell(number, message)

    def _tell(self, number: int, outcome: Any) -> None:
        """Hands a call its reply, or why there is none to be had."""
        self._owed -= 1
        waiter = self._waiting.pop(number, None)
        if waiter is None or waiter.done():
            return
        if isinstance(outcome, Exception):
            waiter.set_exception(outcome)
        else:
            waiter.set_result(outcome)

    def _drop(self, fault: Callable[[], Exception]) -> None:
        waiting, self._waiting = self._waiting, {}
        for number, waiter in waiting.items():
            if not waiter.done():
                waiter.set_exception(fault() if number <= self._sent else NotSent())

    def connection_lost(self, fault: Optional[Exception]) -> None:
        self._hear_last_words()
        self.lost = self._closed = True
        self._writable.set()
        self._drop(ConnectionLost)
        if self.on_message is not None:
            self.on_message(None)

    def _hear_last_words(self) -> None:
        """Why the sidecar has closed the connection before it was sent anything: to write to it fails, and
        then asyncio reads no more."""
        held = self._transport.get_extra_info("socket") if self._transport is not None else None
        if self._number != 1 or not self._waiting or held is None:
            return
        try:
            with held.dup() as again:
                answer = self._codec.reply(again.recv(65536, socket.MSG_DONTWAIT))
        except (OSError, ValueError, ReplyTooLarge):
            return
        if "error" in answer:
            self._take(answer)

    # -- the caller's side

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self.lost = True

    def _flush(self) -> None:
        data = b"".join(self._outbox)
        self._outbox.clear()
        transport = self._transport
        if transport is None or self.lost or transport.is_closing():
            return
        first = transport.get_write_buffer_size() == 0
        transport.write(data)
        if not (first and transport.is_closing()):
            # Else the write has failed at once: the connection had been closed before.
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
        request = self._codec.notification(call.method, call.with_deadline())
        self.limits.check(call.method, call.params, request)
        self._send(request)

    async def exchange(self, call: Call) -> Dict[str, Any]:
        await self._ready(call)
        self._number = number = self._number + 1
        left = call.deadline - monotonic()
        call.params["deadlineMs"] = int(left * 1000) if left > 0.001 else 1
        request = self._codec.request(number, call.method, call.params)
        limits = self.limits
        if len(request) > limits.frame_bytes or call.method in limits.lists:
            limits.check(call.method, call.params, request)
        waiter: asyncio.Future[Dict[str, Any]] = self._loop.create_future()
        self._waiting[number] = waiter
        self._send(request)
        self._owed += 1
        alarm = self._loop.call_later(left + GRACE, _time_is_up, waiter, call)
        try:
            return await waiter
        except ReplyTooLarge as fault:
            raise call.given_up(fault) from None
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
        self._alone: Optional[Tuple[asyncio.AbstractEventLoop, asyncio.Semaphore]] = None
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
        """A new connection, and what the sidecar says at its beginning; OSError or Refused."""
        if self.closed:
            raise Unavailable("the room is closed")
        loop = asyncio.get_running_loop()
        path = socket_path(self._path)
        _, connection = await loop.create_unix_connection(lambda: Connection(self._codec), path)
        try:
            answer = await connection.exchange(
                Call("system.hello", "read", dict(self._hello), max(timeout, 0.001))
            )
        except ConnectionLost as lost:
            raise ConnectionResetError("the connection was lost at its beginning") from lost
        except InvalidParams:
            connection.close()
            raise
        except CloakroomError as fault:
            connection.close()
            raise ConnectionAbortedError("the sidecar has not answered in time") from fault
        except BaseException:
            connection.close()
            raise
        if "result" not in answer:
            connection.close()
            raise Refused(from_reply(answer.get("error")))
        if self.closed:
            connection.close()
            raise Unavailable("the room is closed")
        connection.limits = Limits(answer["result"])
        return connection

    async def _open_shared(self) -> Connection:
        # Kept here and not by those that wait, who are told later: another call must not open one more meanwhile.
        self._connection = connection = await self.open(self.timeout)
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
            self._opening = (loop, loop.create_task(self._open_shared()))
        opening = self._opening[1]
        done, _ = await asyncio.wait([opening], timeout=max(call.remaining(), 0.0))
        if not done:
            raise Unavailable("there is no sidecar to be reached in time", retryable=True)
        return opening.result()

    async def _exchange_alone(self, call: Call) -> Dict[str, Any]:
        """Makes a call on a connection of its own, on which an answer without an id can be to nothing else."""
        loop = asyncio.get_running_loop()
        if self._alone is None or self._alone[0] is not loop:
            self._alone = (loop, asyncio.Semaphore(MAX_ALONE))
        async with self._alone[1]:
            connection = await self.open(call.remaining())
            try:
                return await connection.exchange(call)
            finally:
                connection.close()

    async def pause(self, seconds: float, call: Call) -> None:
        if self._waiting >= MAX_WAITING:
            raise call.too_many_wait()
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1

    async def notify(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> None:
        """Sends a call that is never answered."""
        call = prepare(method, params, common, defaults, self.timeout, "connection")
        while True:
            try:
                return await (await self._ready(call)).notify(call)
            except Refused as refusal:
                pause = call.after_error(refusal.error)
            except OSError as fault:
                pause = call.after_no_connection(fault)
            await self.pause(pause, call)

    async def call(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> Any:
        call = prepare(method, params, common, defaults, self.timeout)
        alone = False
        while True:
            try:
                if alone:
                    answer = await self._exchange_alone(call)
                else:
                    answer = await (await self._ready(call)).exchange(call)
            except ConnectionLost as lost:
                if self.closed:
                    raise call.closed(sent=True) from None
                pause = call.after_loss()
                alone = isinstance(lost, Unmatched)
            except Refused as refusal:
                pause = call.after_error(refusal.error)
            except OSError as fault:
                pause = call.after_no_connection(fault)
            else:
                if "result" in answer:
                    return answer["result"]
                pause = call.after_error(from_reply(answer.get("error")))
            await self.pause(pause, call)
