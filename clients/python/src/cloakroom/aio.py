"""The sidecar, called by the tasks of an event loop."""

from __future__ import annotations

import asyncio
import functools
import os
from contextlib import asynccontextmanager
from time import monotonic
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
    Union,
    cast,
)

from . import _methods
from ._aio import Connection, ConnectionLost, Transport
from ._call import DEFAULT_TIMEOUT, Call, scope_of
from ._shared import Event, Gap, call_key, failure_text, is_outage, notification, owner_name, seconds
from ._stub import Scope
from ._sync import Refused
from .errors import (
    ClaimNotHeld,
    CloakroomError,
    Conflict,
    IdempotencyInProgress,
    LeaseLost,
    Unavailable,
    from_reply,
)
from .room import Guard

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])
# Events that a slow handler has not taken yet; past it newer ones are dropped, and a gap says so.
MAX_EVENTS = 10_000


class AsyncHeldClaim:
    """A claim that is held, and renews itself at a third of its life until it is released."""

    def __init__(
        self,
        room: AsyncRoom,
        key: str,
        ttl: Union[int, str],
        wait: float,
        owner: Optional[str],
        renew: bool,
        on_lost: Optional[Callable[[AsyncHeldClaim], None]],
    ) -> None:
        self.key = key
        self.owner = owner or owner_name()
        self.fence = 0
        self._room, self._ttl, self._wait, self._renew, self._on_lost = room, ttl, wait, renew, on_lost
        self._keeper: Optional[asyncio.Task[None]] = None
        self._lost = False
        self._ends = 0.0

    @property
    def lost(self) -> bool:
        """Whether somebody else may hold it by now."""
        return self._lost or monotonic() >= self._ends

    def check(self) -> None:
        """Raises ClaimNotHeld when the claim is lost."""
        if self.lost:
            raise ClaimNotHeld("the claim is lost")

    async def __aenter__(self) -> AsyncHeldClaim:
        before = monotonic()
        self._process = os.getpid()
        wait_ms = int(self._wait * 1000)
        answer = await self._room.claim.once(self.key, self.owner, ttl=self._ttl, wait_ms=wait_ms)
        if not answer["claimed"]:
            raise Conflict("another owner holds the claim", retryable=True)
        self.fence = answer["fence"]
        self._ends = (monotonic() if wait_ms else before) + seconds(self._ttl)
        if self._renew:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())
        return self

    async def renew(self, timeout: Optional[float] = None) -> None:
        """Lengthens the claim's life from now on; for those that don't renew themselves."""
        before = monotonic()
        try:
            await self._room.claim.renew(
                self.key, self.owner, ttl=self._ttl, fence=self.fence, timeout=timeout
            )
        except (ClaimNotHeld, LeaseLost):
            self._lose()
            raise
        self._ends = before + seconds(self._ttl)

    async def _keep(self) -> None:
        third = seconds(self._ttl) / 3
        while True:
            await asyncio.sleep(third)
            try:
                await self.renew(timeout=third)
            except CloakroomError as fault:
                if self.lost or not is_outage(fault):
                    self._lose()
                    return

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            if self._on_lost is not None:
                self._on_lost(self)

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        fault: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._process != os.getpid():
            return  # A forked child's copy: the claim is its parent's.
        if self._keeper is not None:
            self._keeper.cancel()
        try:
            await self._room.claim.release(self.key, self.owner, fence=self.fence)
        except CloakroomError:
            # Its life ends it; what the body has raised matters more.
            if kind is None:
                raise


class AsyncClaim(_methods.AsyncClaim):
    """claim.*, and `async with room.claim(key) as held`."""

    def __init__(self, room: AsyncRoom) -> None:
        super().__init__(room._call)
        self._room = room

    def __call__(
        self,
        key: str,
        *,
        ttl: Union[int, str] = 30,
        wait: float = 0.0,
        owner: Optional[str] = None,
        renew: bool = True,
        on_lost: Optional[Callable[[AsyncHeldClaim], None]] = None,
    ) -> AsyncHeldClaim:
        return AsyncHeldClaim(self._room, key, ttl, wait, owner, renew, on_lost)


class AsyncSubscription:
    """What is published while it is entered or iterated, on a connection of its own."""

    def __init__(self, room: AsyncRoom, params: Dict[str, Any]) -> None:
        self._room, self._params = room, {**room._defaults, **params}
        self._connection: Optional[Connection] = None
        # What has arrived, and on which connection; None is a connection's end.
        self._queue: asyncio.Queue[Tuple[Optional[Connection], Optional[Dict[str, Any]]]] = asyncio.Queue()
        self._dropped = 0
        self._id = ""
        self._begun = False
        self._closed = False

    def _on_message(self, connection: Connection, message: Optional[Dict[str, Any]]) -> None:
        if message is not None and self._queue.qsize() >= MAX_EVENTS:
            self._dropped += 1
            return
        self._queue.put_nowait((connection, message))

    async def _connect(self) -> None:
        transport = self._room._transport
        call = Call("events.subscribe", "connection", dict(self._params), transport.timeout)
        while True:
            try:
                connection = await asyncio.wait_for(
                    transport.open(call.remaining()), max(call.remaining(), 0.001)
                )
                connection.on_message = functools.partial(self._on_message, connection)
                try:
                    answer = await connection.exchange(call)
                except BaseException:
                    connection.close()
                    raise
            except Refused as refusal:
                await transport.pause(call.after_error(refusal.error), call)
                continue
            except (ConnectionLost, OSError, asyncio.TimeoutError) as fault:
                # A subscription ends with its connection: it is not there twice.
                await transport.pause(call.after_no_connection(fault), call)
                continue
            if "result" not in answer:
                connection.close()
                raise from_reply(answer.get("error"))
            self._connection, self._id = connection, answer["result"]["subscription"]
            return

    async def next(self) -> Union[Event, Gap, None]:
        """The next event or gap; None when it is closed."""
        while not self._closed:
            if self._connection is None:
                again, self._begun = self._begun, True
                # What stood in the queue of the lost connection has been taken by now.
                await self._connect()
                if again:
                    return Gap("reconnected")
            if self._dropped and self._queue.empty():
                dropped, self._dropped = self._dropped, 0
                return Gap("overflow", dropped)
            connection, message = await self._queue.get()
            if connection is not self._connection:
                continue  # The end of one that was lost while it was being made.
            if message is None:
                self._connection = None
                continue
            event = notification(message, self._id)
            if event is not None:
                return event
        return None

    def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            self._connection.close()
        self._queue.put_nowait((None, None))

    def __aiter__(self) -> AsyncSubscription:
        return self

    async def __anext__(self) -> Union[Event, Gap]:
        while True:
            try:
                event = await self.next()
            except Unavailable:
                # The sidecar is away for longer than a call's time; a listener has no end of its own.
                if self._closed or self._room._transport.closed:
                    raise StopAsyncIteration from None
                continue
            if event is None:
                raise StopAsyncIteration
            return event

    async def __aenter__(self) -> AsyncSubscription:
        if not self._begun:
            self._begun = True
            await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class AsyncEvents(_methods.AsyncEvents):
    """events.*, and subscriptions."""

    def __init__(self, room: AsyncRoom) -> None:
        super().__init__(room._call)
        self._room = room

    def subscribe(self, channel: Optional[str] = None, *, pattern: Optional[str] = None) -> AsyncSubscription:
        """Subscribes to a channel, or to those that a pattern with `*` names, when it is entered or iterated."""
        given = {"channel": channel, "pattern": pattern}
        return AsyncSubscription(
            self._room, {name: value for name, value in given.items() if value is not None}
        )


class AsyncMessage:
    """A stream's message, handed to one consumer of a group."""

    def __init__(self, streams: AsyncStreams, stream: str, group: str, raw: Mapping[str, Any]) -> None:
        self.id: str = raw["id"]
        self.data: Any = raw.get("message")
        self.deliveries: int = raw.get("deliveries", 1)
        self.raw = raw
        self.acked = False
        self._streams, self._stream, self._group = streams, stream, group

    async def ack(self) -> None:
        """Says that it is done, so that nobody gets it again."""
        if not self.acked:
            await self._streams.ack(self._stream, self._group, [self.id])
            self.acked = True


class AsyncStreams(_methods.AsyncStreams):
    """streams.*, and consumers of a group."""

    async def group(
        self,
        stream: str,
        group: str,
        consumer: str,
        *,
        count: int = 10,
        block: float = 5.0,
        reclaim_after: float = 60.0,
        max_deliveries: Optional[int] = None,
        auto_ack: bool = True,
        forever: bool = True,
    ) -> AsyncIterator[AsyncMessage]:
        """The group's messages, as of the blocking client: acknowledged when the loop asks for the next one."""
        await self.ensure(stream, group)
        next_reclaim = 0.0
        limit: Dict[str, Any] = {} if max_deliveries is None else {"max_deliveries": max_deliveries}
        while True:
            batch: List[Mapping[str, Any]] = []
            if monotonic() >= next_reclaim:
                idle = int(reclaim_after * 1000)
                found = await self.reclaim(stream, group, consumer, min_idle_ms=idle, count=count, **limit)
                batch = found["messages"]
                if not batch:
                    next_reclaim = monotonic() + reclaim_after / 2
            if not batch:
                wait = int(block * 1000) if forever else 0
                batch = (await self.read(stream, group, consumer, count=count, block_ms=wait))["messages"]
                if not batch and not forever:
                    return
            for raw in batch:
                message = AsyncMessage(self, stream, group, raw)
                yield message
                if auto_ack:
                    await message.ack()


class AsyncHandover:
    """An operation leased to this caller: committed at the block's end, or released with its error."""

    def __init__(
        self,
        check: Callable[[], Awaitable[Any]],
        commit: Callable[..., Awaitable[Any]],
        release: Callable[..., Awaitable[Any]],
    ) -> None:
        self._check, self._commit, self._release = check, commit, release
        self.result: Any = None
        """What a repeated commit answers; set it in the block."""

    async def commit(self, result: Any = None) -> Any:
        return await self._commit(receipt=self.receipt, result=result)

    async def release(self, error: Any = None) -> Any:
        return await self._release(receipt=self.receipt, error=error)

    async def __aenter__(self) -> AsyncHandover:
        self.raw: Dict[str, Any] = await self._check()
        self.data: Any = self.raw.get("data")
        self.receipt: str = self.raw["receipt"]
        self.fence: int = self.raw["fence"]
        self.attempt: int = self.raw["attempt"]
        self.id: Optional[str] = self.raw.get("id")
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        fault: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if fault is None:
            await self.commit(self.result)
            return
        try:
            await self.release(failure_text(fault))
        except CloakroomError:
            pass  # The lease ends by itself; what the body has raised matters more.


class AsyncPending(_methods.AsyncPending):
    """pending.*, and the hand-over."""

    def checkout(
        self, token: str, operation_type: str, *, lease_ttl: Union[int, str] = 60, **common: Any
    ) -> AsyncHandover:
        """Leases the operation: `async with room.pending.checkout(…) as op`."""
        params = {"token": token, "operationType": operation_type, "leaseTtl": lease_ttl}

        async def release(receipt: str, error: Any) -> Any:
            return await self._call(
                "pending.release",
                {"token": token, "operationType": operation_type, "receipt": receipt},
                common,
            )

        return AsyncHandover(
            lambda: cast(Awaitable[Any], self._call("pending.checkout", params, common)),
            functools.partial(self.commit, token, operation_type, **common),
            release,
        )


class AsyncSession(_methods.AsyncSession):
    """session.*, and the hand-over."""

    def checkout(self, session_id: str, *, lease_ttl: Union[int, str] = 60, **common: Any) -> AsyncHandover:
        """Leases a finished session: `async with room.session.checkout(…) as op`."""
        params = {"sessionId": session_id, "leaseTtl": lease_ttl}
        return AsyncHandover(
            lambda: cast(Awaitable[Any], self._call("session.checkout", params, common)),
            functools.partial(self.commit, session_id, **common),
            functools.partial(self.release, session_id, **common),
        )


class AsyncRoom:
    """A sidecar, with one connection for the calls of all tasks, made at the first call."""

    def __init__(
        self,
        path: Optional[str] = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        service: Optional[str] = None,
        client: Optional[str] = None,
        parse_float: Optional[Callable[[str], Any]] = None,
    ) -> None:
        self._take(Transport(path, timeout, parse_float, service, client), {})

    def _take(self, transport: Transport, defaults: Mapping[str, Any]) -> None:
        self._transport = transport
        self._defaults = defaults
        self.batch = _methods.AsyncBatch(self._call)
        self.cache = _methods.AsyncCache(self._call)
        self.claim = AsyncClaim(self)
        self.counter = _methods.AsyncCounter(self._call)
        self.dev = _methods.AsyncDev(self._call)
        self.events = AsyncEvents(self)
        self.flow = _methods.AsyncFlow(self._call)
        self.idempotency = _methods.AsyncIdempotency(self._call)
        self.jwt = _methods.AsyncJwt(self._call)
        self.kv = _methods.AsyncKv(self._call)
        self.pending = AsyncPending(self._call)
        self.ratelimit = _methods.AsyncRatelimit(self._call)
        self.session = AsyncSession(self._call)
        self.streams = AsyncStreams(self._call)
        self.system = _methods.AsyncSystem(self._call)

    def _call(self, method: str, params: Dict[str, Any], common: Mapping[str, Any]) -> Awaitable[Any]:
        return self._transport.call(method, params, common, self._defaults)

    async def call(self, method: str, params: Optional[Mapping[str, Any]] = None, **common: Any) -> Any:
        """Any method by its name; one that this version doesn't know is never repeated."""
        return await self._call(method, dict(params or {}), common)

    async def notify(self, method: str, params: Optional[Mapping[str, Any]] = None, **common: Any) -> None:
        """Sends a call that is never answered, not even with an error, and is lost with its connection."""
        await self._transport.notify(method, dict(params or {}), common, self._defaults)

    def scope(self, *pairs: Sequence[Any], actor: Optional[str] = None, **names: Any) -> AsyncRoom:
        """The same sidecar for one tenant: `room.scope(org="acme")`; its scopes stand inside this room's."""
        inner = [(pair[0], pair[1]) for pair in pairs] + list(names.items())
        defaults = dict(self._defaults)
        outer: Scope = defaults.get("scope", [])
        if inner:
            defaults["scope"] = scope_of(inner, outer)
        if actor is not None:
            defaults["actor"] = actor
        room = AsyncRoom.__new__(AsyncRoom)
        room._take(self._transport, defaults)
        return room

    def cached(
        self,
        *,
        ttl: Union[int, str] = 300,
        tags: Sequence[str] = (),
        key: Optional[Callable[..., str]] = None,
        wait: float = 5.0,
        grace: Union[int, str, None] = None,
    ) -> Callable[[F], F]:
        """A coroutine function whose answers are kept; one caller makes an answer while the others wait. When
        the cache can't be asked, the function is called."""
        more: Dict[str, Any] = {} if grace is None else {"grace": grace}

        def decorate(function: F) -> F:
            @functools.wraps(function)
            async def cached(*args: Any, **kwargs: Any) -> Any:
                name = key(*args, **kwargs) if key else call_key(function, args, kwargs)
                try:
                    found = await self.cache.get(name, tags=list(tags), wait_ms=int(wait * 1000))
                except CloakroomError as fault:
                    if not is_outage(fault):
                        raise
                    return await function(*args, **kwargs)
                lease = found.get("lease")
                if lease is None and found["status"] != "miss":
                    return found["value"]
                before = monotonic()
                try:
                    value = await function(*args, **kwargs)
                except BaseException:
                    if lease is not None:
                        try:
                            await self.cache.release(name, lease)
                        except CloakroomError:
                            pass
                    raise
                if lease is not None:
                    took = int((monotonic() - before) * 1000)
                    try:
                        await self.cache.set(
                            name, value=value, ttl=ttl, tags=list(tags), lease=lease, took_ms=took, **more
                        )
                    except CloakroomError as fault:
                        if not is_outage(fault) and not isinstance(fault, LeaseLost):
                            raise
                return value

            return cast(F, cached)

        return decorate

    @asynccontextmanager
    async def idempotent(
        self,
        key: str,
        *,
        fingerprint: Optional[str] = None,
        wait: float = 0.0,
        lock_ttl: Union[int, str] = 60,
    ) -> AsyncIterator[Guard]:
        """Work that is done once: `async with room.idempotent(key) as guard: if guard.new: …`."""
        more: Dict[str, Any] = {} if fingerprint is None else {"fingerprint": fingerprint}
        answer = await self.idempotency.begin(key, wait_ms=int(wait * 1000), lock_ttl=lock_ttl, **more)
        if answer["status"] == "in_progress":
            raise IdempotencyInProgress(
                "another caller is at it", retryable=True, retry_after_ms=answer.get("retryAfterMs")
            )
        guard = Guard(answer)
        try:
            yield guard
        except BaseException as fault:
            if guard.new and guard.receipt is not None:
                try:
                    await self.idempotency.fail(key, guard.receipt, error=failure_text(fault))
                except CloakroomError:
                    pass  # The lock ends by itself; what the body has raised matters more.
            raise
        if guard.new and guard.receipt is not None:
            await self.idempotency.complete(key, guard.receipt, guard.result)

    async def close(self) -> None:
        """Closes the connection, also that of rooms made by `scope`."""
        self._transport.close()

    async def __aenter__(self) -> AsyncRoom:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
