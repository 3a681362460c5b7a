"""What a call is, before any connection: its parameters, its time, and whether it may be repeated."""

from __future__ import annotations

import base64
import binascii
import json
import os
import random
import secrets
import stat
from time import monotonic
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ._methods import EFFECTS, EFFECTS_WITH
from ._stub import Scope
from .errors import CloakroomError, DeadlineExceeded, InvalidParams, OutcomeUnknown, Unavailable

DEFAULT_TIMEOUT = 10.0
# How much longer the client waits for the sidecar's own word on a deadline, which knows what was done.
GRACE = 0.1
MAX_WAITING = 1024
MAX_REPLY = 64 * 1024 * 1024
# How often a call is repeated that the sidecar has answered with "nothing was done, try again".
MAX_REFUSALS = 3


_WIRE_NAMES = {
    "scope": "scope",
    "actor": "actor",
    "idempotency_key": "idempotencyKey",
    "idempotency_ttl": "idempotencyTtl",
    "traceparent": "traceparent",
}

# Where the caller makes the receipt that makes a repetition safe.
_RECEIPTS = {
    "cache.get": "lease",
    "idempotency.begin": "receipt",
    "pending.checkout": "receipt",
    "session.checkout": "receipt",
}
_READS = frozenset(method for method, effect in EFFECTS.items() if effect == "read")
_NOTHING_DONE = frozenset({"UNAVAILABLE", "OVERLOADED"})


class Call:
    """One call on its way: the same parameters at each attempt, and one end of its time."""

    __slots__ = ("method", "params", "repeatable", "timeout", "deadline", "refusals", "attempt")

    def __init__(self, method: str, effect: str, params: Dict[str, Any], timeout: float) -> None:
        self.method = method
        self.params = params
        self.refusals = 0
        self.attempt = 0
        self.timeout = timeout
        self.deadline = monotonic() + timeout
        if effect == "read":
            self.repeatable = True
            return
        if effect == "receipt":
            slot = _RECEIPTS.get(method)
            if slot is not None and params.get(slot, True) is True:
                params[slot] = secrets.token_urlsafe(16)
            if slot is None and "receipt" not in params:
                effect = "step"
        for name, other in EFFECTS_WITH.get(method, {}).items():
            if params.get(name) not in (None, False):
                effect = other
        self.repeatable = effect != "connection"
        if effect == "step" and "idempotencyKey" not in params:
            params["idempotencyKey"] = secrets.token_urlsafe(16)
            params.setdefault("idempotencyTtl", max(60, int(2 * timeout) + 1))

    def remaining(self) -> float:
        return self.deadline - monotonic()

    def backoff(self) -> float:
        """How long to wait before the next attempt: at random, up to twice as long each time."""
        self.attempt += 1
        longest = min(1.0, 0.02 * float(2 ** min(self.attempt - 1, 10)))
        return random.uniform(0.5, 1.0) * longest

    def after_loss(self) -> float:
        """The connection broke after the request was sent: how long to wait before it is sent again."""
        if not self.repeatable:
            raise OutcomeUnknown(f"the connection was lost after {self.method} had been sent")
        pause = self.backoff() if self.attempt else self._first()
        if pause >= self.remaining():
            raise self.out_of_time(sent=True)
        return pause

    def _first(self) -> float:
        self.attempt = 1
        return random.uniform(0.0, 0.02)

    def after_no_connection(self, fault: Exception) -> float:
        pause = self.backoff()
        if pause >= self.remaining():
            raise Unavailable(f"there is no sidecar to be reached: {fault}", retryable=True) from fault
        return pause

    def after_error(self, error: CloakroomError) -> float:
        """The sidecar has answered with an error: raises it, or says when to try again."""
        reason = error.reason
        if reason == "OUTCOME_UNKNOWN":
            again = self.repeatable
        elif reason == "IDEMPOTENCY_IN_PROGRESS":
            again = True
        else:
            again = reason in _NOTHING_DONE and error.retryable
        if not again or (self.refusals >= MAX_REFUSALS and reason != "IDEMPOTENCY_IN_PROGRESS"):
            raise error
        self.refusals += 1
        pause = max(self.backoff(), (error.retry_after_ms or 0) / 1000)
        if pause >= self.remaining():
            raise error
        return pause

    def closed(self, sent: bool) -> CloakroomError:
        """The caller has closed the room while the call was under way."""
        if sent and self.method not in _READS:
            return OutcomeUnknown(f"the room was closed after {self.method} had been sent")
        return Unavailable("the room is closed")

    def out_of_time(self, sent: bool) -> CloakroomError:
        if sent and self.method not in _READS:
            return OutcomeUnknown(f"{self.method} was sent, and not answered within {self.timeout:g} s")
        return DeadlineExceeded(f"{self.method} was not answered within {self.timeout:g} s", retryable=True)


def prepare(
    method: str,
    params: Dict[str, Any],
    common: Mapping[str, Any],
    defaults: Mapping[str, Any],
    timeout: float,
    effect: Optional[str] = None,
) -> Call:
    """A call of a method, with the room's own scope and actor where the call has none."""
    if defaults:
        for name, value in defaults.items():
            params[name] = value
    given: Optional[float] = None
    if common:
        for name, value in common.items():
            if name == "timeout":
                given = None if value is None else float(value)
            elif name in _WIRE_NAMES:
                params[_WIRE_NAMES[name]] = value
            else:
                raise TypeError(f"{method} takes no argument {name!r}")
    if given is None:
        for name in ("waitMs", "blockMs"):
            wait = params.get(name)
            if isinstance(wait, int):
                # To wait is what was asked for: the usual time is for all the rest.
                timeout += wait / 1000
    else:
        timeout = given
    return Call(method, effect or EFFECTS.get(method, "connection"), params, timeout)


# -- JSON ---------------------------------------------------------------------------------------


def _encode_other(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$base64": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"{type(value).__name__} is no JSON")


def _decode_object(value: Dict[str, Any]) -> Any:
    if len(value) == 1 and "$base64" in value and isinstance(value["$base64"], str):
        try:
            return base64.b64decode(value["$base64"], validate=True)
        except (binascii.Error, ValueError):
            return value
    return value


_encode = json.JSONEncoder(
    allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_encode_other
).encode


class Codec:
    """JSON there and back: integers exact, bytes as `{"$base64": …}`, fractions as the room wants them."""

    def __init__(self, parse_float: Optional[Callable[[str], Any]] = None) -> None:
        self._plain = json.JSONDecoder(parse_float=parse_float).decode
        self._binary = json.JSONDecoder(parse_float=parse_float, object_hook=_decode_object).decode

    def request(self, number: int, call: Call) -> bytes:
        params = call.params
        params["deadlineMs"] = max(1, int(call.remaining() * 1000))
        try:
            text = _encode(params)
            return (f'{{"jsonrpc":"2.0","id":{number},"method":"{call.method}","params":{text}}}\n').encode()
        except (TypeError, ValueError, RecursionError) as fault:
            # The encoder's own words may have a value in them.
            raise InvalidParams(f"a parameter of {call.method} is no JSON ({type(fault).__name__})") from None

    def notification(self, call: Call) -> bytes:
        """The call as one that is never answered."""
        return self.request(0, call).replace(b'"id":0,', b"", 1)

    def reply(self, line: bytes) -> Dict[str, Any]:
        decode = self._binary if b'"$base64"' in line else self._plain
        answer = decode(line.decode())
        if not isinstance(answer, dict):
            raise ValueError("a reply that is no object")
        return answer


def cancel(number: int) -> bytes:
    """Takes back a request that may still wait; a notification, as nobody looks at its answer."""
    params = f'{{"id":{number}}}'
    return f'{{"jsonrpc":"2.0","method":"system.cancel","params":{params}}}\n'.encode()


# -- The socket's place -------------------------------------------------------------------------


def socket_path(given: Optional[str] = None, environment: Optional[Mapping[str, str]] = None) -> str:
    """Where the sidecar is, unless told: never `$RUNTIME_DIRECTORY`, which in a unit is the application's."""
    variables = os.environ if environment is None else environment
    path = given or variables.get("CLOAKROOM_SOCKET")
    if path:
        return path
    candidates: List[str] = []
    folder = variables.get("XDG_RUNTIME_DIR", "")
    if folder.startswith("/"):
        candidates.append(f"{folder}/cloakroom.sock")
    candidates.append("/run/cloakroom/cloakroom.sock")
    for candidate in candidates:
        if os.path.exists(candidate):
            return candidate
    private = f"/tmp/cloakroom-{os.getuid()}"
    try:
        facts = os.lstat(private)
    except OSError:
        return f"{private}/cloakroom.sock"
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o022:
        # Anybody may make a folder in /tmp: who owns it would get the application's data.
        raise Unavailable(f"{private} is not a folder of this user's alone")
    return f"{private}/cloakroom.sock"


def scope_of(pairs: Sequence[Tuple[str, Any]], outer: Scope) -> List[Mapping[str, Any]]:
    return [*outer, *({"key": key, "id": identity} for key, identity in pairs)]
