"""Middlewares for WSGI: rate limits, and requests that are done once.

app.wsgi_app = RateLimitMiddleware(app.wsgi_app, limit=100, window="1m")
app.wsgi_app = IdempotencyMiddleware(app.wsgi_app, required=True)
"""

from __future__ import annotations

import io
import threading
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from ._http import Answer, Headers, IdempotencyRules, RateLimitRules, address_key, keep_answer, phrase
from ._shared import is_outage
from .errors import CloakroomError
from .room import Room

Environ = Dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

__all__ = ["IdempotencyMiddleware", "RateLimitMiddleware"]


def client_address(environ: Environ) -> str:
    """The client's address as the server knows it; behind a proxy have the server take it from the proxy's headers."""
    return address_key(environ.get("REMOTE_ADDR"))


def authorization(environ: Environ) -> str:
    return str(environ.get("HTTP_AUTHORIZATION", ""))


def _answer(start_response: StartResponse, answer: Answer) -> List[bytes]:
    headers = [
        ("-".join(part.capitalize() for part in name.split("-")), value)
        for name, value in answer.all_headers()
    ]
    start_response(f"{answer.status} {phrase(answer.status)}", headers)
    return [answer.body]


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
        key: Callable[[Environ], Optional[str]] = client_address,
        on_unavailable: str = "deny",
        timeout: float = 1.0,
        room: Optional[Room] = None,
    ) -> None:
        self._app, self._key, self._timeout = app, key, timeout
        self._rules = RateLimitRules(limit, window, burst, policy, name, on_unavailable)
        self._room = room or Room()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        key = self._key(environ)
        if key is None:
            return self._app(environ, start_response)
        headers: Headers = []
        try:
            checked = self._room.ratelimit.check(timeout=self._timeout, **self._rules.params(key))
        except CloakroomError as fault:
            refusal = self._rules.fault(fault)
        else:
            headers, refusal = self._rules.decide(checked)
        if refusal is not None:
            return _answer(start_response, refusal)

        def told(status: str, given: Headers, *more: Any) -> Any:
            return start_response(status, [*given, *headers], *more)

        return self._app(environ, told)


class IdempotencyMiddleware:
    """Does a request with an `Idempotency-Key` once, and answers its repetitions with the first answer.

    `required`: whether a request of these methods needs a key, or a function of the environ that says so. `client`:
    whose key it is, the `Authorization` header unless given; with sessions in cookies, give the session's user. `keep`:
    which statuses are final; the others, and exceptions, open the key again. `wait`: how many seconds a repetition waits
    for the first answer before it is told 409.
    """

    def __init__(
        self,
        app: App,
        *,
        required: Union[bool, Callable[[Environ], bool]] = False,
        methods: Sequence[str] = ("POST", "PATCH"),
        client: Callable[[Environ], str] = authorization,
        keep: Callable[[int], bool] = keep_answer,
        max_request: int = 1 << 20,
        max_response: int = 1 << 20,
        lock_ttl: Union[int, str] = 60,
        ttl: Union[int, str] = "24h",
        wait: float = 0.0,
        room: Optional[Room] = None,
    ) -> None:
        self._app, self._required, self._client = app, required, client
        self._rules = IdempotencyRules(methods, max_request, max_response, lock_ttl, ttl, wait, keep)
        self._room = room or Room()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        rules, method = self._rules, environ["REQUEST_METHOD"]
        if method not in rules.methods:
            return self._app(environ, start_response)
        value = environ.get("HTTP_IDEMPOTENCY_KEY")
        if value is None:
            if self._required(environ) if callable(self._required) else self._required:
                return _answer(start_response, rules.missing())
            return self._app(environ, start_response)
        key = rules.key([value])
        if isinstance(key, Answer):
            return _answer(start_response, key)
        body = self._body(environ)
        if body is None:
            return _answer(start_response, rules.too_large())

        name = rules.name(self._client(environ), key)
        path = f"{environ.get('SCRIPT_NAME', '')}\n{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"
        try:
            begun = self._room.idempotency.begin(name, **rules.begin(method, path, body))
            known = rules.known(begun)
        except CloakroomError as fault:
            known = rules.refused(fault)
        if known is not None:
            return _answer(start_response, known)
        environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return _Run(self._room, rules, name, begun["receipt"]).run(self._app, environ, start_response)

    def _body(self, environ: Environ) -> Optional[bytes]:
        """The request's body, or None where it is too large."""
        length: str = environ.get("CONTENT_LENGTH") or ""
        most = self._rules.max_request
        if length.isdigit():
            left = int(length)
            if left > most:
                return None
        elif environ.get("wsgi.input_terminated"):
            left = most + 1
        else:
            left = 0
        body = bytearray()
        while left > 0:
            part = environ["wsgi.input"].read(left)
            if not part:
                break
            body += part
            left -= len(part)
        return bytes(body) if len(body) <= most else None


class _Run:
    """The one run of a request that is new."""

    def __init__(self, room: Room, rules: IdempotencyRules, name: str, receipt: str) -> None:
        self._room, self._rules, self._name, self._receipt = room, rules, name, receipt
        self._ended = threading.Event()

    def run(self, app: App, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started: List[Tuple[str, Headers]] = []
        written: List[bytes] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
            # Nothing has been sent yet: a second start, for an error, takes the place of the first.
            started[:] = [(status, headers)]
            return written.append

        threading.Thread(target=self._keep, name="cloakroom-idempotency", daemon=True).start()
        parts: Iterable[bytes] = ()
        handed_on = False
        try:
            parts = app(environ, start)
            rest = iter(parts)
            held: List[bytes] = []
            size = 0
            whole = False
            while size <= self._rules.max_response:
                part = next(rest, None)
                if part is None:
                    whole = True
                    break
                held.append(part)
                size += len(part)
            if not started:
                raise RuntimeError("the application has not started its answer")
            status, headers = started[0]
            # What went through `write` comes first.
            body = b"".join(written + held)
            if whole:
                self._finish(status, headers, body if len(body) <= self._rules.max_response else None)
                start_response(status, headers)
                return [body]
            start_response(status, headers)
            handed_on = True
            return _Rest(self, status, headers, body, rest, parts)
        except BaseException:
            self.open()
            raise
        finally:
            if not handed_on:
                _close(parts)

    def _keep(self) -> None:
        while not self._ended.wait(self._rules.third):
            try:
                self._room.idempotency.renew(
                    self._name, self._receipt, lock_ttl=self._rules.lock_ttl, timeout=self._rules.third
                )
            except CloakroomError as fault:
                if not is_outage(fault):
                    return

    def open(self) -> None:
        """Leaves the key to the next try."""
        if not self._ended.is_set():
            self._ended.set()
            try:
                self._room.idempotency.fail(self._name, self._receipt)
            except CloakroomError:
                pass  # The lock ends by itself.

    def _finish(self, status: str, headers: Headers, body: Optional[bytes]) -> None:
        """Keeps the answer before the client has it. If it can't be kept the client gets it all the same: it is done."""
        if self._ended.is_set():
            return
        code = int(status.split(" ", 1)[0])
        if not self._rules.keep(code):
            return self.open()
        self._ended.set()
        try:
            self._room.idempotency.complete(self._name, self._receipt, self._rules.kept(code, headers, body))
        except CloakroomError:
            pass


class _Rest:
    """An answer that is too large to be kept, sent as it comes."""

    def __init__(
        self,
        run: _Run,
        status: str,
        headers: Headers,
        begin: bytes,
        rest: Iterator[bytes],
        parts: Iterable[bytes],
    ) -> None:
        self._run, self._status, self._headers = run, status, headers
        self._begin, self._rest, self._parts = begin, rest, parts

    def __iter__(self) -> Iterator[bytes]:
        yield self._begin
        try:
            yield from self._rest
        except Exception:
            self._run.open()
            raise
        self._run._finish(self._status, self._headers, None)

    def close(self) -> None:
        # A client that went before the end has had its effect.
        self._run._finish(self._status, self._headers, None)
        _close(self._parts)


def _close(parts: Iterable[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()
