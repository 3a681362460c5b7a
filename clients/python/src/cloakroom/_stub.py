"""What the generated methods stand on."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Sequence, TypedDict, TypeVar, Union


class Unset:
    """A parameter that was not given; null has a meaning of its own."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()
T = TypeVar("T")
Maybe = Union[T, Unset]
Scope = Sequence[Mapping[str, Any]]


class Common(TypedDict, total=False):
    """What every call takes beside its own parameters."""

    scope: Scope
    actor: str
    idempotency_key: str
    idempotency_ttl: Union[int, str]
    traceparent: str
    timeout: Optional[float]


class Namespace:
    """The methods of one namespace, called by a thread that waits for the answer."""

    def __init__(self, call: Callable[[str, Dict[str, Any], Mapping[str, Any]], Any]) -> None:
        self._call = call


class AsyncNamespace:
    """The methods of one namespace, awaited."""

    def __init__(self, call: Callable[[str, Dict[str, Any], Mapping[str, Any]], Any]) -> None:
        self._call = call
