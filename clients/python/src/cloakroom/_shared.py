"""What the comforts of both styles have in common."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from ._codec import encode_other
from .errors import CloakroomError


@dataclass(frozen=True)
class Event:
    """What somebody has published."""

    channel: str
    data: Any
    timestamp: Optional[str] = None
    actor: Optional[str] = None
    scope: List[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Gap:
    """Events may be missing here: read again what is derived from them."""

    reason: str
    dropped: Optional[int] = None


def notification(message: Mapping[str, Any], subscription: str) -> Union[Event, Gap, None]:
    """What a notification says to one subscription."""
    params = message.get("params")
    if not isinstance(params, dict) or params.get("subscription") != subscription:
        return None
    if message.get("method") == "events.gap":
        return Gap(str(params.get("reason", "")), params.get("dropped"))
    if message.get("method") == "events.message":
        return Event(
            str(params.get("type", "")),
            params.get("data"),
            params.get("timestamp"),
            params.get("actor"),
            params.get("scope") or [],
        )
    return None


def owner_name() -> str:
    return secrets.token_urlsafe(16)


def failure_text(fault: BaseException) -> str:
    """What an operator reads as an operation's last error."""
    return f"{type(fault).__name__}: {fault}"[:500]


def _argument(value: Any) -> Any:
    return {"$decimal": str(value)} if isinstance(value, Decimal) else encode_other(value)


def call_key(function: Callable[..., Any], args: Any, kwargs: Dict[str, Any]) -> str:
    """The name of a function's answer to these arguments, whatever the order of their names."""
    text = json.dumps([args, kwargs], sort_keys=True, allow_nan=False, default=_argument)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{function.__module__}.{function.__qualname__}:{digest}"


def seconds(ttl: Union[int, str]) -> float:
    """A life in seconds; the sidecar has the last word on whether it is one."""
    if isinstance(ttl, str):
        for unit, factor in (
            ("ms", 0.001),
            ("min", 60.0),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
            ("d", 86400.0),
        ):
            if ttl.endswith(unit) and ttl[: -len(unit)].isdigit():
                return int(ttl[: -len(unit)]) * factor
        return 30.0
    return float(ttl)


def is_outage(error: CloakroomError) -> bool:
    """Whether a cache may be passed by: nothing could be asked."""
    return error.reason in ("UNAVAILABLE", "OVERLOADED", "DEADLINE_EXCEEDED", "OUTCOME_UNKNOWN")
