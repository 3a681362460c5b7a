"""Middlewares for ASGI: rate limits, and requests that are done once.

app.add_middleware(RateLimitMiddleware, limit=100, window="1m")
app.add_middleware(IdempotencyMiddleware, required=True)
"""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Dict, List, MutableMapping, Optional, Sequence, Union

from ._http import Answer, Headers, IdempotencyRules, RateLimitRules, address_key, keep_answer
from ._shared import is_outage
from .aio import AsyncRoom
from .errors import CloakroomError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["IdempotencyMiddleware", "RateLimitMiddleware"]


def header_values(scope: Scope, name: bytes) -> List[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header.lower() == name]


def client_address(scope: Scope) -> str:
    """The client's address as the server knows it; behind a proxy have the server take it from the proxy's headers."""
    client = scope.get("client")
    return address_key(client[0] if client else None)


def authorization(scope: Scope) -> str:
    return "\n".join(header_values(scope, b"authorization"))


def _encode(headers: Headers) -> List[Any]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _answer(send: Send, answer: Answer) -> None:
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": _encode(answer.all_headers())}
    )
    await send({"type": "http.response.body", "body": answer.body})


class RateLimitMiddleware:
    """Answers 429 to who asks too often, and tells the others what is left.

    `key` says whom a request counts for, the client's address unless given; None for nobody. Without a store or a
    sidecar `on_unavailable` decides: "deny" is 503, "allow" lets pass.
    """

    def __init__(
        self,
        app: App,
        *,
        limit: Optional[int] = None,
        window: Union[int, str, None] = None,
        burst: Optional[int] = None,
        policy: Optional[str] = None,
        name: str = "default",
        key: Callable[[Scope], Optional[str]] = client_address,
        on_unavailable: str = "deny",
        timeout: float = 1.0,
        room: Optional[AsyncRoom] = None,
    ) -> None:
        self._app, self._key, self._timeout = app, key, timeout
        self._rules = RateLimitRules(limit, window, burst, policy, name, on_unavailable)
        self._room = room or AsyncRoom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope) if scope["type"] == "http" else None
        if key is None:
            return await self._app(scope, receive, send)
        headers: Headers = []
        try:
            checked = await self._room.ratelimit.check(timeout=self._timeout, **self._rules.params(key))
        except CloakroomError as fault:
            refusal = self._rules.fault(fault)
        else:
            headers, refusal = self._rules.decide(checked)
        if refusal is not None:
            return await _answer(send, refusal)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *_encode(headers)]}
            await send(message)

        await self._app(scope, receive, told)


class IdempotencyMiddleware:
    """Does a request with an `Idempotency-Key` once, and answers its repetitions with the first answer.

    `required`: whether a request of these methods needs a key, or a function of the scope that says so. `client`: whose
    key it is, the `Authorization` header unless given; with sessions in cookies, give the session's user. `keep`: which
    statuses are final; the others, and exceptions, open the key again. `wait`: how many seconds a repetition waits for
    the first answer before it is told 409.
    """

    def __init__(
        self,
        app: App,
        *,
        required: Union[bool, Callable[[Scope], bool]] = False,
        methods: Sequence[str] = ("POST", "PATCH"),
        client: Callable[[Scope], str] = authorization,
        keep: Callable[[int], bool] = keep_answer,
        max_request: int = 1 << 20,
        max_response: int = 1 << 20,
        lock_ttl: Union[int, str] = 60,
        ttl: Union[int, str] = "24h",
        wait: float = 0.0,
        room: Optional[AsyncRoom] = None,
    ) -> None:
        self._app, self._required, self._client = app, required, client
        self._rules = IdempotencyRules(methods, max_request, max_response, lock_ttl, ttl, wait, keep)
        self._room = room or AsyncRoom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rules = self._rules
        if scope["type"] != "http" or scope["method"] not in rules.methods:
            return await self._app(scope, receive, send)
        values = header_values(scope, b"idempotency-key")
        if not values:
            if self._required(scope) if callable(self._required) else self._required:
                return await _answer(send, rules.missing())
            return await self._app(scope, receive, send)
        key = rules.key(values)
        if isinstance(key, Answer):
            return await _answer(send, key)

        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # The client is gone before it has said what it wants.
            body += message.get("body", b"")
            if len(body) > rules.max_request:
                return await _answer(send, rules.too_large())
            more = message.get("more_body", False)

        name = rules.name(self._client(scope), key)
        query = scope.get("query_string", b"").decode("latin-1")
        begin = rules.begin(
            scope["method"], f"{scope.get('root_path', '')}\n{scope['path']}?{query}", bytes(body)
        )
        try:
            begun = await self._room.idempotency.begin(name, **begin)
            known = rules.known(begun)
        except CloakroomError as fault:
            known = rules.refused(fault)
        if known is not None:
            return await _answer(send, known)
        await _Run(self._room, rules, name, begun["receipt"], send).run(
            self._app, scope, receive, bytes(body)
        )


class _Run:
    """The one run of a request that is new."""

    def __init__(self, room: AsyncRoom, rules: IdempotencyRules, name: str, receipt: str, send: Send) -> None:
        self._room, self._rules, self._name, self._receipt, self._send = room, rules, name, receipt, send
        self._start: Optional[Message] = None
        self._held: List[bytes] = []
        self._size = 0
        self._streams = False
        self._ended = False

    async def run(self, app: App, scope: Scope, receive: Receive, body: bytes) -> None:
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        # Extensions would send an answer past this.
        scope = {**scope, "extensions": {}}
        keeper = asyncio.get_running_loop().create_task(self._keep())
        try:
            await app(scope, again, self._take)
        finally:
            keeper.cancel()
            if not self._ended:
                await self._open()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._rules.third)
            try:
                await self._room.idempotency.renew(
                    self._name, self._receipt, lock_ttl=self._rules.lock_ttl, timeout=self._rules.third
                )
            except CloakroomError as fault:
                if not is_outage(fault):
                    return

    async def _open(self) -> None:
        """Leaves the key to the next try."""
        self._ended = True
        try:
            await self._room.idempotency.fail(self._name, self._receipt)
        except CloakroomError:
            pass  # The lock ends by itself.

    async def _end(self, kept: Dict[str, Any]) -> None:
        """Keeps the answer before the client has it. If it can't be kept the client gets it all the same: it is done."""
        self._ended = True
        try:
            await self._room.idempotency.complete(self._name, self._receipt, kept)
        except CloakroomError:
            pass

    async def _take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body" or self._start is None or self._ended:
            return await self._send(message)
        last = not message.get("more_body", False)
        status = self._start["status"]
        if not self._streams:
            part = message.get("body", b"")
            self._held.append(part)
            self._size += len(part)
            if self._size <= self._rules.max_response and not last:
                return
            body = b"".join(self._held)
            self._held = []
            self._streams = True
            message = {**message, "body": body}
            if last:
                await self._finish(status, body if len(body) <= self._rules.max_response else None)
            await self._send(self._start)
        elif last:
            await self._finish(status, None)
        await self._send(message)

    async def _finish(self, status: int, body: Optional[bytes]) -> None:
        if not self._rules.keep(status):
            return await self._open()
        assert self._start is not None
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._start.get("headers", [])
        ]
        await self._end(self._rules.kept(status, headers, body))
