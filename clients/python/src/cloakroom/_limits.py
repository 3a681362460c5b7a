"""What the sidecar takes, as it says at the beginning of each connection."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .errors import TooLarge


class Limits:
    """The limits that are held to before anything is sent; without a word of the sidecar's there are none."""

    __slots__ = ("frame_bytes", "batch_length")

    lists: Dict[str, str] = {"batch.get": "keys", "batch.remove": "keys", "batch.set": "entries"}
    """The lists that `batchLength` is about."""

    def __init__(self, hello: Any = None) -> None:
        told = hello.get("limits") if isinstance(hello, dict) else None
        told = told if isinstance(told, dict) else {}
        self.frame_bytes = _number(told, "frameBytes")
        self.batch_length = _number(told, "batchLength")

    def check(self, method: str, params: Mapping[str, Any], request: bytes) -> None:
        """Raises TooLarge for what the sidecar would not take; nothing is done then."""
        length = len(request) - 1
        if length > self.frame_bytes:
            raise TooLarge(
                f"{method} has {length} bytes, and a request at most {self.frame_bytes}; it was not sent"
            )
        name = self.lists.get(method)
        if name is not None:
            members = params.get(name)
            if isinstance(members, (list, tuple)) and len(members) > self.batch_length:
                raise TooLarge(f"{name} has at most {self.batch_length} members; nothing was sent")


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    return value if isinstance(value, int) and value > 0 else 1 << 62
