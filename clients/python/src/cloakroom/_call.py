"""What a call is, before any connection: its parameters, its time, and whether it may be repeated."""

from __future__ import annotations

import random
import secrets
from time import monotonic
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ._codec import ReplyTooLarge
from ._methods import EFFECTS, EFFECTS_WITH
from ._stub import Scope
from .errors import CloakroomError, DeadlineExceeded, OutcomeUnknown, Overloaded, TooLarge, Unavailable

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

    __slots__ = ("method", "params", "repeatable", "timeout", "deadline", "refusals", "attempt", "unsure")

    def __init__(self, method: str, effect: str, params: Dict[str, Any], timeout: float) -> None:
        self.method = method
        self.params = params
        self.refusals = 0
        self.attempt = 0
        # Whether an attempt may have changed something, though nobody knows.
        self.unsure = False
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

    def with_deadline(self) -> Dict[str, Any]:
        """The parameters, with what is left of the call's time."""
        self.params["deadlineMs"] = max(1, int(self.remaining() * 1000))
        return self.params

    def backoff(self) -> float:
        """How long to wait before the next attempt: at random, up to twice as long each time."""
        self.attempt += 1
        longest = min(1.0, 0.02 * float(2 ** min(self.attempt - 1, 10)))
        return random.uniform(0.5, 1.0) * longest

    def after_loss(self) -> float:
        """The connection broke after the request was sent: how long to wait before it is sent again."""
        self.unsure = self.method not in _READS
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
            if self.unsure:
                raise self.out_of_time(sent=True) from fault
            raise Unavailable(f"there is no sidecar to be reached: {fault}", retryable=True) from fault
        return pause

    def after_error(self, error: CloakroomError) -> float:
        """The sidecar has answered with an error: raises it, or says when to try again."""
        reason = error.reason
        if reason == "OUTCOME_UNKNOWN":
            again = self.repeatable
            self.unsure = True
        elif reason == "IDEMPOTENCY_IN_PROGRESS":
            again = True
        else:
            again = reason in _NOTHING_DONE and error.retryable
        if not again or (self.refusals >= MAX_REFUSALS and reason != "IDEMPOTENCY_IN_PROGRESS"):
            raise self._refused(error)
        self.refusals += 1
        pause = max(self.backoff(), (error.retry_after_ms or 0) / 1000)
        if pause >= self.remaining():
            raise self._refused(error)
        return pause

    def _refused(self, error: CloakroomError) -> CloakroomError:
        """The error of the last attempt, which may have been the only one that did nothing."""
        if self.unsure and error.reason in _NOTHING_DONE:
            return OutcomeUnknown(f"{self.method} was sent, and refused when it was repeated: {error}")
        return error

    def too_many_wait(self) -> CloakroomError:
        return self._refused(Overloaded(f"{MAX_WAITING} calls wait for the sidecar already", retryable=True))

    def given_up(self, fault: Exception) -> CloakroomError:
        """What is told when the answer has not come, or can't be taken in."""
        if not isinstance(fault, ReplyTooLarge):
            return self.out_of_time(sent=True)
        if self.method in _READS:
            return TooLarge(f"the reply to {self.method} {fault}")
        return OutcomeUnknown(f"{self.method} was sent, and its reply {fault}")

    def closed(self, sent: bool) -> CloakroomError:
        """What is told when the room was closed meanwhile."""
        if (sent or self.unsure) and self.method not in _READS:
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


def scope_of(pairs: Sequence[Tuple[str, Any]], outer: Scope) -> List[Mapping[str, Any]]:
    return [*outer, *({"key": key, "id": identity} for key, identity in pairs)]
