"""What the middlewares of both gateway interfaces decide alike, before any of them sends or reads."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ._shared import is_outage, seconds
from .errors import CloakroomError, IdempotencyMismatch

Headers = List[Tuple[str, str]]

# As base64 it fits a frame of 4 MiB.
MAX_KEPT = 3_000_000
MAX_HTTP_KEY = 255
# Of one connection, or made anew by each server.
_NOT_KEPT = frozenset(
    "connection keep-alive proxy-authenticate proxy-connection te trailer transfer-encoding upgrade "
    "content-length date server".split()
)
# Answers that ask for another try: a kept one would refuse that too.
_TRY_AGAIN = frozenset({408, 425, 429})


@dataclass
class Answer:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes

    def all_headers(self) -> Headers:
        if self.status < 200 or self.status in (204, 304):
            return self.headers
        return [*self.headers, ("content-length", str(len(self.body)))]


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def problem(status: int, detail: str, headers: Iterable[Tuple[str, str]] = ()) -> Answer:
    """An answer of RFC 9457."""
    body = json.dumps({"title": phrase(status), "status": status, "detail": detail}).encode()
    return Answer(status, [("content-type", "application/problem+json"), *headers], body)


def whole_seconds(milliseconds: Optional[int]) -> str:
    return str(max(1, ceil((milliseconds or 0) / 1000)))


def address_key(address: Optional[str]) -> str:
    """Whom an address stands for: a household's IPv6 network is one client, whichever of its addresses it takes."""
    try:
        parsed = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def digest(text: Union[str, bytes]) -> str:
    return hashlib.sha256(
        text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    ).hexdigest()


class RateLimitRules:
    def __init__(
        self,
        limit: Optional[int],
        window: Union[int, str, None],
        burst: Optional[int],
        policy: Optional[str],
        name: str,
        on_unavailable: str,
    ) -> None:
        if (policy is None) == (limit is None or window is None):
            raise TypeError("a rate limit takes limit and window, or the name of a policy")
        if on_unavailable not in ("allow", "deny"):
            raise ValueError("on_unavailable is 'allow' or 'deny'")
        if not name or not all(" " <= character <= "~" and character not in '"\\' for character in name):
            raise ValueError("name goes into a header: printable ASCII without quotes")
        self._name, self._allow = name, on_unavailable == "allow"
        self._window = None if window is None else max(1, ceil(seconds(window)))
        given = {"limit": limit, "window": window, "burst": burst, "policy": policy}
        self._params = {key: value for key, value in given.items() if value is not None}
        self._params["on_unavailable"] = on_unavailable

    def params(self, key: str) -> Dict[str, Any]:
        name = f"http:{self._name}:{key}"
        return {**self._params, "key": name if len(name.encode()) <= 512 else f"http:{digest(name)}"}

    def decide(self, answer: Mapping[str, Any]) -> Tuple[Headers, Optional[Answer]]:
        """The headers for the application's own answer, and the answer in its place if there is to be none."""
        if not answer.get("checked", True):
            return [], None if answer["allowed"] else self._unavailable()
        window = "" if self._window is None else f";w={self._window}"
        reset = ceil((answer.get("resetMs") or 0) / 1000)
        headers = [
            ("ratelimit-policy", f'"{self._name}";q={answer["limit"]}{window}'),
            ("ratelimit", f'"{self._name}";r={answer["remaining"]};t={reset}'),
        ]
        if answer["allowed"]:
            return headers, None
        wait = ("retry-after", whole_seconds(answer.get("retryAfterMs")))
        return headers, problem(429, "There were too many requests.", [*headers, wait])

    def fault(self, fault: CloakroomError) -> Optional[Answer]:
        """What becomes of a request whose limit can't be asked for."""
        if not is_outage(fault):
            raise fault
        return None if self._allow else self._unavailable()

    @staticmethod
    def _unavailable() -> Answer:
        return problem(503, "The rate limit can't be checked at the moment.", [("retry-after", "1")])


def keep_answer(status: int) -> bool:
    """Whether an answer is final: a failure of the server's own, which an exception becomes in most frameworks, opens
    the key to the next try."""
    return status < 500 and status not in _TRY_AGAIN


class IdempotencyRules:
    def __init__(
        self,
        methods: Sequence[str],
        max_request: int,
        max_response: int,
        lock_ttl: Union[int, str],
        ttl: Union[int, str],
        wait: float,
        keep: Callable[[int], bool],
    ) -> None:
        if max_response > MAX_KEPT:
            raise ValueError(f"max_response is at most {MAX_KEPT}: an answer is kept in one call")
        self.methods = frozenset(method.upper() for method in methods)
        self.max_request, self.max_response = max_request, max_response
        self.keep = keep
        self.lock_ttl = lock_ttl
        self.third = seconds(lock_ttl) / 3
        self._begin = {"lock_ttl": lock_ttl, "ttl": ttl, "wait_ms": int(wait * 1000)}

    @staticmethod
    def key(values: Sequence[str]) -> Union[str, Answer]:
        """The key in the header: a string of RFC 8941, or as most clients send it, without its quotes."""
        key = values[0].strip() if len(values) == 1 else ""
        if len(key) > 1 and key[0] == key[-1] == '"':
            key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if not 0 < len(key) <= MAX_HTTP_KEY or any(not " " <= character <= "~" for character in key):
            return problem(400, f"Idempotency-Key is one text of 1 to {MAX_HTTP_KEY} ASCII characters.")
        return key

    @staticmethod
    def missing() -> Answer:
        return problem(400, "This request needs an Idempotency-Key.")

    def too_large(self) -> Answer:
        return problem(413, f"A request with an Idempotency-Key has at most {self.max_request} bytes.")

    @staticmethod
    def name(client: str, key: str) -> str:
        """The key in the sidecar: each client has keys of its own."""
        return f"http:{digest(client)[:32]}:{key}"

    def begin(self, method: str, target: str, body: bytes) -> Dict[str, Any]:
        parts = (method.encode(), target.encode("utf-8", "surrogateescape"), body)
        # Each part with its length: no other request has the same text.
        text = b"".join(str(len(part)).encode() + b":" + part for part in parts)
        return {**self._begin, "fingerprint": digest(text)}

    @staticmethod
    def refused(fault: CloakroomError) -> Answer:
        """The answer to a request that couldn't be begun."""
        if isinstance(fault, IdempotencyMismatch):
            return problem(422, "This Idempotency-Key was used for another request.")
        if is_outage(fault):
            return problem(503, "Nothing was done. Try again with the same key.", [("retry-after", "1")])
        raise fault

    @staticmethod
    def known(begun: Mapping[str, Any]) -> Optional[Answer]:
        """The answer to a request that is not new."""
        if begun["status"] == "new":
            return None
        if begun["status"] == "in_progress":
            wait = ("retry-after", whole_seconds(begun.get("retryAfterMs")))
            return problem(409, "A request with this Idempotency-Key is under way.", [wait])
        result = begun.get("result")
        if not isinstance(result, dict) or not isinstance(result.get("body"), bytes):
            return problem(409, "This was done; its answer was too large to be kept.")
        headers = [(str(name), str(value)) for name, value in result["headers"]]
        return Answer(result["status"], [*headers, ("idempotency-replayed", "true")], result["body"])

    @staticmethod
    def kept(status: int, headers: Iterable[Tuple[str, str]], body: Optional[bytes]) -> Dict[str, Any]:
        """What is kept of an answer; without its body where that is too large."""
        kept = [[name, value] for name, value in headers if name.lower() not in _NOT_KEPT]
        return {"status": status, "headers": kept if body is not None else [], "body": body}
