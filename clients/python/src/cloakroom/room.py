"""The sidecar, called by threads."""

from __future__ import annotations

import functools
import os
import threading
from contextlib import contextmanager
from time import monotonic
from types import TracebackType
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Type,
    TypeVar,
    Union,
    cast,
)

from . import _methods
from ._call import DEFAULT_TIMEOUT, Call, scope_of
from ._codec import ReplyTooLarge
from ._connection import Connection, ConnectionLost, TimeIsUp
from ._shared import Event, Gap, call_key, failure_text, is_outage, notification, owner_name, seconds
from ._stub import Scope
from ._sync import Refused, Transport
from .errors import (
    ClaimNotHeld,
    CloakroomError,
    Conflict,
    IdempotencyInProgress,
    LeaseLost,
    Unavailable,
    from_reply,
)

F = TypeVar("F", bound=Callable[..., Any])


class HeldClaim:
    """A claim that is held, and renews itself at a third of its life until it is released."""

    def __init__(
        self,
        room: Room,
        key: str,
        ttl: Union[int, str],
        wait: float,
        owner: Optional[str],
        renew: bool,
        on_lost: Optional[Callable[[HeldClaim], None]],
    ) -> None:
        self.key = key
        self.owner = owner or owner_name()
        self.fence = 0
        self._room, self._ttl, self._wait, self._renew, self._on_lost = room, ttl, wait, renew, on_lost
        self._done = threading.Event()
        self._lost = threading.Event()
        self._ends = 0.0

    @property
    def lost(self) -> bool:
        """Whether somebody else may hold it by now."""
        return self._lost.is_set() or monotonic() >= self._ends

    def check(self) -> None:
        """Raises ClaimNotHeld when the claim is lost."""
        if self.lost:
            raise ClaimNotHeld("the claim is lost")

    def __enter__(self) -> HeldClaim:
        before = monotonic()
        self._process = os.getpid()
        wait_ms = int(self._wait * 1000)
        answer = self._room.claim.once(self.key, self.owner, ttl=self._ttl, wait_ms=wait_ms)
        if not answer["claimed"]:
            raise Conflict("another owner holds the claim", retryable=True)
        self.fence = answer["fence"]
        # With a wait, the life begins at the answer; a renewal at once would cost a call.
        self._ends = (monotonic() if wait_ms else before) + seconds(self._ttl)
        if self._renew:
            threading.Thread(target=self._keep, name="cloakroom-claim", daemon=True).start()
        return self

    def renew(self, timeout: Optional[float] = None) -> None:
        """Lengthens the claim's life from now on; for those that don't renew themselves."""
        before = monotonic()
        try:
            self._room.claim.renew(self.key, self.owner, ttl=self._ttl, fence=self.fence, timeout=timeout)
        except (ClaimNotHeld, LeaseLost):
            self._lose()
            raise
        self._ends = before + seconds(self._ttl)

    def _keep(self) -> None:
        third = seconds(self._ttl) / 3
        while not self._done.wait(third):
            try:
                self.renew(timeout=third)
            except CloakroomError as fault:
                if self.lost or not is_outage(fault):
                    self._lose()
                    return

    def _lose(self) -> None:
        if not self._done.is_set() and not self._lost.is_set():
            self._lost.set()
            if self._on_lost is not None:
                self._on_lost(self)

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        fault: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._process != os.getpid():
            return  # A forked child's copy: the claim is its parent's.
        self._done.set()
        try:
            self._room.claim.release(self.key, self.owner, fence=self.fence)
        except CloakroomError:
            # Its life ends it; what the body has raised matters more.
            if kind is None:
                raise


class Claim(_methods.Claim):
    """claim.*, and `with room.claim(key) as held`."""

    def __init__(self, room: Room) -> None:
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
        on_lost: Optional[Callable[[HeldClaim], None]] = None,
    ) -> HeldClaim:
        return HeldClaim(self._room, key, ttl, wait, owner, renew, on_lost)


class Subscription:
    """What is published from now on, on a connection of its own."""

    def __init__(self, room: Room, params: Dict[str, Any]) -> None:
        self._room, self._params = room, {**room._defaults, **params}
        self._connection: Optional[Connection] = None
        self._id = ""
        self._closed = False
        self._connect()

    def _connect(self) -> None:
        transport = self._room._transport
        call = Call("events.subscribe", "connection", dict(self._params), transport.timeout)
        while True:
            try:
                connection = transport.open(call)
                answer = connection.exchange(call)
            except Refused as refusal:
                transport.pause(call.after_error(refusal.error), call)
                continue
            except (ConnectionLost, OSError) as fault:
                # A subscription ends with its connection: it is not there twice.
                transport.pause(call.after_no_connection(fault), call)
                continue
            if "result" not in answer:
                connection.close()
                raise from_reply(answer.get("error"))
            self._connection, self._id = connection, answer["result"]["subscription"]
            return

    def next(self, timeout: Optional[float] = None) -> Union[Event, Gap, None]:
        """The next event or gap, or None when the time is over before."""
        until = monotonic() + timeout if timeout is not None else None
        while not self._closed:
            if self._connection is None:
                self._connect()
                return Gap("reconnected")
            try:
                message = self._connection.receive(
                    min(until, monotonic() + 60) if until is not None else monotonic() + 60
                )
            except TimeIsUp:
                if until is not None and monotonic() >= until:
                    return None
                continue
            except (ConnectionLost, ReplyTooLarge):
                self._connection.close()
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

    def __iter__(self) -> Iterator[Union[Event, Gap]]:
        while True:
            try:
                event = self.next()
            except Unavailable:
                # The sidecar is away for longer than a call's time; a listener has no end of its own.
                if self._closed or self._room._transport.closed:
                    return
                continue
            if event is None:
                return
            yield event

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Events(_methods.Events):
    """events.*, and subscriptions."""

    def __init__(self, room: Room) -> None:
        super().__init__(room._call)
        self._room = room

    def subscribe(self, channel: Optional[str] = None, *, pattern: Optional[str] = None) -> Subscription:
        """Subscribes to a channel, or to those that a pattern with `*` names."""
        given = {"channel": channel, "pattern": pattern}
        return Subscription(self._room, {name: value for name, value in given.items() if value is not None})


class Message:
    """A stream's message, handed to one consumer of a group."""

    def __init__(self, streams: Streams, stream: str, group: str, raw: Mapping[str, Any]) -> None:
        self.id: str = raw["id"]
        self.data: Any = raw.get("message")
        self.deliveries: int = raw.get("deliveries", 1)
        self.raw = raw
        self.acked = False
        self._streams, self._stream, self._group = streams, stream, group

    def ack(self) -> None:
        """Says that it is done, so that nobody gets it again."""
        if not self.acked:
            self._streams.ack(self._stream, self._group, [self.id])
            self.acked = True


class Streams(_methods.Streams):
    """streams.*, and consumers of a group."""

    def group(
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
    ) -> Iterator[Message]:
        """The group's messages. One is acknowledged when the loop's body has ended and asks for the next; a body
        that raises or breaks leaves it to be handed out again. Those that another consumer has had for longer
        than `reclaim_after` come here. With `forever=False` it ends when there are no more."""
        self.ensure(stream, group)
        next_reclaim = 0.0
        limit: Dict[str, Any] = {} if max_deliveries is None else {"max_deliveries": max_deliveries}
        while True:
            batch: List[Mapping[str, Any]] = []
            if monotonic() >= next_reclaim:
                idle = int(reclaim_after * 1000)
                batch = self.reclaim(stream, group, consumer, min_idle_ms=idle, count=count, **limit)[
                    "messages"
                ]
                if not batch:
                    next_reclaim = monotonic() + reclaim_after / 2
            if not batch:
                wait = int(block * 1000) if forever else 0
                batch = self.read(stream, group, consumer, count=count, block_ms=wait)["messages"]
                if not batch and not forever:
                    return
            for raw in batch:
                message = Message(self, stream, group, raw)
                yield message
                if auto_ack:
                    message.ack()


class Handover:
    """An operation that is leased to this caller: committed at the block's end, or released with its error."""

    def __init__(
        self, check: Callable[[], Dict[str, Any]], commit: Callable[..., Any], release: Callable[..., Any]
    ) -> None:
        self._commit, self._release = commit, release
        self.raw = check()
        self.data: Any = self.raw.get("data")
        self.receipt: str = self.raw["receipt"]
        self.fence: int = self.raw["fence"]
        self.attempt: int = self.raw["attempt"]
        self.id: Optional[str] = self.raw.get("id")
        self.result: Any = None
        """What a repeated commit answers; set it in the block."""

    def commit(self, result: Any = None) -> Any:
        return self._commit(receipt=self.receipt, result=result)

    def release(self, error: Any = None) -> Any:
        return self._release(receipt=self.receipt, error=error)

    def __enter__(self) -> Handover:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        fault: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if fault is None:
            self.commit(self.result)
            return
        try:
            self.release(failure_text(fault))
        except CloakroomError:
            pass  # The lease ends by itself; what the body has raised matters more.


class Pending(_methods.Pending):
    """pending.*, and the hand-over."""

    def checkout(
        self, token: str, operation_type: str, *, lease_ttl: Union[int, str] = 60, **common: Any
    ) -> Handover:
        """Leases the operation: `with room.pending.checkout(…) as op`."""
        params = {"token": token, "operationType": operation_type, "leaseTtl": lease_ttl}

        def release(receipt: str, error: Any) -> Any:
            return self._call(
                "pending.release",
                {"token": token, "operationType": operation_type, "receipt": receipt},
                common,
            )

        return Handover(
            lambda: cast(Dict[str, Any], self._call("pending.checkout", params, common)),
            functools.partial(self.commit, token, operation_type, **common),
            release,
        )


class Session(_methods.Session):
    """session.*, and the hand-over."""

    def checkout(self, session_id: str, *, lease_ttl: Union[int, str] = 60, **common: Any) -> Handover:
        """Leases a finished session: `with room.session.checkout(…) as op`."""
        params = {"sessionId": session_id, "leaseTtl": lease_ttl}
        return Handover(
            lambda: cast(Dict[str, Any], self._call("session.checkout", params, common)),
            functools.partial(self.commit, session_id, **common),
            functools.partial(self.release, session_id, **common),
        )


class Guard:
    """Work that is done once: `new` for the one caller that is to do it, else `result` is there."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.status: str = answer["status"]
        self.new = self.status == "new"
        self.receipt: Optional[str] = answer.get("receipt")
        self.attempt: int = answer.get("attempt", 1)
        self.result: Any = answer.get("result")


class Room:
    """A sidecar. Any number of threads may use one; each has a connection of its own, made when it calls first."""

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
        self.batch = _methods.Batch(self._call)
        self.cache = _methods.Cache(self._call)
        self.claim = Claim(self)
        self.counter = _methods.Counter(self._call)
        self.dev = _methods.Dev(self._call)
        self.events = Events(self)
        self.flow = _methods.Flow(self._call)
        self.idempotency = _methods.Idempotency(self._call)
        self.jwt = _methods.Jwt(self._call)
        self.kv = _methods.Kv(self._call)
        self.pending = Pending(self._call)
        self.ratelimit = _methods.Ratelimit(self._call)
        self.session = Session(self._call)
        self.streams = Streams(self._call)
        self.system = _methods.System(self._call)

    def _call(self, method: str, params: Dict[str, Any], common: Mapping[str, Any]) -> Any:
        return self._transport.call(method, params, common, self._defaults)

    def call(self, method: str, params: Optional[Mapping[str, Any]] = None, **common: Any) -> Any:
        """Any method by its name; one that this version doesn't know is never repeated."""
        return self._call(method, dict(params or {}), common)

    def notify(self, method: str, params: Optional[Mapping[str, Any]] = None, **common: Any) -> None:
        """Sends a call that is never answered, not even with an error, and is lost with its connection."""
        self._transport.notify(method, dict(params or {}), common, self._defaults)

    def scope(self, *pairs: Sequence[Any], actor: Optional[str] = None, **names: Any) -> Room:
        """The same sidecar for one tenant: `room.scope(org="acme")`; its scopes stand inside this room's."""
        inner = [(pair[0], pair[1]) for pair in pairs] + list(names.items())
        defaults = dict(self._defaults)
        outer: Scope = defaults.get("scope", [])
        if inner:
            defaults["scope"] = scope_of(inner, outer)
        if actor is not None:
            defaults["actor"] = actor
        room = Room.__new__(Room)
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
        """A function whose answers are kept; one caller makes an answer while the others wait. When the cache
        can't be asked, the function is called."""
        more: Dict[str, Any] = {} if grace is None else {"grace": grace}

        def decorate(function: F) -> F:
            @functools.wraps(function)
            def cached(*args: Any, **kwargs: Any) -> Any:
                name = key(*args, **kwargs) if key else call_key(function, args, kwargs)
                try:
                    found = self.cache.get(name, tags=list(tags), wait_ms=int(wait * 1000))
                except CloakroomError as fault:
                    if not is_outage(fault):
                        raise
                    return function(*args, **kwargs)
                lease = found.get("lease")
                if lease is None and found["status"] != "miss":
                    return found["value"]
                before = monotonic()
                try:
                    value = function(*args, **kwargs)
                except BaseException:
                    if lease is not None:
                        try:
                            self.cache.release(name, lease)
                        except CloakroomError:
                            pass
                    raise
                if lease is not None:
                    took = int((monotonic() - before) * 1000)
                    try:
                        self.cache.set(
                            name, value=value, ttl=ttl, tags=list(tags), lease=lease, took_ms=took, **more
                        )
                    except CloakroomError as fault:
                        if not is_outage(fault) and not isinstance(fault, LeaseLost):
                            raise
                return value

            return cast(F, cached)

        return decorate

    @contextmanager
    def idempotent(
        self,
        key: str,
        *,
        fingerprint: Optional[str] = None,
        wait: float = 0.0,
        lock_ttl: Union[int, str] = 60,
    ) -> Iterator[Guard]:
        """Work that is done once: `with room.idempotent(key) as guard: if guard.new: guard.result = work()`."""
        more: Dict[str, Any] = {} if fingerprint is None else {"fingerprint": fingerprint}
        answer = self.idempotency.begin(key, wait_ms=int(wait * 1000), lock_ttl=lock_ttl, **more)
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
                    self.idempotency.fail(key, guard.receipt, error=failure_text(fault))
                except CloakroomError:
                    pass  # The lock ends by itself; what the body has raised matters more.
            raise
        if guard.new and guard.receipt is not None:
            self.idempotency.complete(key, guard.receipt, guard.result)

    def close(self) -> None:
        """Closes the connections of all threads, also those of rooms made by `scope`."""
        self._transport.close()

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
