"""Django's cache, kept by the sidecar."""

from __future__ import annotations

import hashlib
import pickle
import secrets
from typing import (
    Any,
    Awaitable,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    TypeVar,
)

from asgiref.sync import sync_to_async
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from .._rooms import shared_room
from .._shared import owner_name
from ..errors import ClaimNotHeld, CloakroomError, Conflict, FenceStale, LeaseLost, NotFound, TooLarge

T = TypeVar("T")

# The longest life that the sidecar takes without its operator's permission for values without end.
LONGEST_MS = 10 * 365 * 86_400_000
# A key of the sidecar has 1,024 bytes at most, and a part of it is the cache's own.
MAX_KEY_BYTES = 800
MAX_BATCH = 1000
MAX_BATCH_BYTES = 1 << 20
# As base64 it fits a frame of 4 MiB.
MAX_VALUE_BYTES = 3_000_000


class CloakroomCache(BaseCache):
    """A cache backend.

    `LOCATION` is the socket's path, or empty for where every client looks. `OPTIONS` may have `service`, `scope`,
    `timeout` (of a call, in seconds), `pickle_protocol`, `max_value_bytes`, and `lease` and `wait`: for how many
    seconds one caller of `get_or_set` is left to make a value, and how long the others wait for it.
    """

    def __init__(self, location: str, params: Dict[str, Any]) -> None:
        super().__init__(params)
        options = dict(params.get("OPTIONS") or {})
        for name in ("MAX_ENTRIES", "CULL_FREQUENCY"):
            options.pop(name, None)  # What there is room for is the sidecar's to say.
        self._protocol: int = options.pop("pickle_protocol", pickle.HIGHEST_PROTOCOL)
        self._max_value: int = options.pop("max_value_bytes", MAX_VALUE_BYTES)
        self._lease = float(options.pop("lease", 30))
        self._wait = float(options.pop("wait", 5))
        self._room = shared_room({**options, "path": location or None})
        digest = hashlib.sha256(self.key_prefix.encode()).hexdigest()[:16]
        self._generation_key = f"django:generation:{digest}"
        self._generation = ""

    # -- names

    def _name(self, key: str, generation: str) -> str:
        if len(key.encode()) > MAX_KEY_BYTES:
            key = "sha256:" + hashlib.sha256(key.encode()).hexdigest()
        return f"django:{generation}:{key}"

    def _key(self, key: Any, version: Optional[int]) -> str:
        made: str = self.make_and_validate_key(key, version=version)
        return made

    def _now(self) -> str:
        """The generation that all keys belong to now: `clear` begins another one."""
        found = self._room.kv.get(self._generation_key)
        return self._learn(found)

    def _learn(self, found: Mapping[str, Any]) -> str:
        while not found["found"]:
            # At random: a generation that the store has lost must not come back with its values.
            try:
                fresh = secrets.token_urlsafe(9)
                self._room.kv.set(self._generation_key, fresh, ttl=f"{LONGEST_MS}ms", only_if="absent")
                found = {"found": True, "value": fresh}
            except Conflict:
                found = self._room.kv.get(self._generation_key)
        self._generation = str(found["value"])
        return self._generation

    # -- values and lives

    def _encode(self, value: Any) -> Any:
        if type(value) is int:
            return value  # As a number, other programs can read it.
        data = pickle.dumps(value, self._protocol)
        if len(data) > self._max_value:
            raise TooLarge(f"a value of {len(data)} bytes is above max_value_bytes, {self._max_value}")
        return data

    @staticmethod
    def _decode(value: Any) -> Any:
        return pickle.loads(value) if isinstance(value, bytes) else value

    def _life(self, timeout: Any) -> Optional[str]:
        """A life as the sidecar takes it, or None where it is over already."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        if timeout is None:
            return f"{LONGEST_MS}ms"
        if timeout <= 0:
            return None
        return f"{max(1, int(min(timeout * 1000, LONGEST_MS)))}ms"

    # -- Django's interface

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None
    ) -> bool:
        made = self._key(key, version)
        encoded = self._encode(value)
        life, name = self._life(timeout), self._name(made, self._now())
        if life is None:
            return not self._room.kv.exists(name)
        try:
            self._room.kv.set(name, encoded, ttl=life, only_if="absent")
        except Conflict:
            return False
        return True

    def get(self, key: Any, default: Any = None, version: Optional[int] = None) -> Any:
        made = self._key(key, version)
        return self._read([made]).get(made, default)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None
    ) -> None:
        made = self._key(key, version)
        encoded = self._encode(value)
        life, name = self._life(timeout), self._name(made, self._now())
        if life is None:
            self._room.kv.remove(name)
        else:
            self._room.kv.set(name, encoded, ttl=life)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> bool:
        life, name = self._life(timeout), self._name(self._key(key, version), self._now())
        return self._room.kv.remove(name) if life is None else self._room.kv.expire(name, life)

    def delete(self, key: Any, version: Optional[int] = None) -> bool:
        return self._room.kv.remove(self._name(self._key(key, version), self._now()))

    def has_key(self, key: Any, version: Optional[int] = None) -> bool:
        return self._room.kv.exists(self._name(self._key(key, version), self._now()))

    def incr(self, key: Any, delta: int = 1, version: Optional[int] = None) -> int:
        """Adds in one step, and leaves the value's life as it is."""
        name = self._name(self._key(key, version), self._now())
        while True:
            found = self._room.kv.get(name, with_meta=True)
            if not found["found"]:
                raise ValueError(f"Key '{key}' not found")
            value = self._decode(found["value"]) + delta
            try:
                self._room.kv.set(name, self._encode(value), ttl="keep", if_match=found["etag"])
            except (Conflict, NotFound):
                continue  # Somebody else was first.
            result: int = value
            return result

    def clear(self) -> None:
        """Voids all values of this `KEY_PREFIX`, in a time that does not depend on how many there are. They are no
        longer found, and leave the store as their lives end."""
        self._room.kv.set(self._generation_key, secrets.token_urlsafe(9), ttl=f"{LONGEST_MS}ms")

    def _read(self, made: Sequence[str]) -> Dict[str, Any]:
        """What is there of some keys. The generation comes along in the same call, and if it is no longer the one
        that was known, the keys are asked for again under the new one."""
        while True:
            generation = self._generation
            names = [self._name(key, generation) for key in made]
            try:
                answers = self._room.batch.get([self._generation_key, *names])
            except TooLarge:
                if len(made) == 1:
                    raise
                half = len(made) // 2
                return {**self._read(made[:half]), **self._read(made[half:])}
            if not answers[0].get("found") or answers[0]["value"] != generation:
                self._learn(answers[0])
                continue
            return {
                key: self._decode(answer["value"])
                for key, answer in zip(made, answers[1:])
                if answer.get("found")
            }

    def get_many(self, keys: Iterable[Any], version: Optional[int] = None) -> Dict[Any, Any]:
        asked = {self._key(key, version): key for key in keys}
        found: Dict[Any, Any] = {}
        for part in _parts(list(asked), MAX_BATCH - 1):
            found.update({asked[made]: value for made, value in self._read(part).items()})
        return found

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None
    ) -> List[Any]:
        """Answers the keys that were not written."""
        life = self._life(timeout)
        if life is None:
            self.delete_many(data.keys(), version=version)
            return []
        # All is encoded before anything is written: a value that can't be leaves nothing half done.
        encoded = [(key, self._key(key, version), self._encode(value)) for key, value in data.items()]
        if not encoded:
            return []
        generation = self._now()
        failed: List[Any] = []
        for part in _parts_by_size(encoded, MAX_BATCH, MAX_BATCH_BYTES):
            entries = [
                {"key": self._name(made, generation), "value": value, "ttl": life} for _, made, value in part
            ]
            answers = self._room.batch.set(entries)
            failed += [key for (key, _, _), answer in zip(part, answers) if not answer.get("ok")]
        return failed

    def delete_many(self, keys: Iterable[Any], version: Optional[int] = None) -> None:
        made = [self._key(key, version) for key in keys]
        if made:
            generation = self._now()
            for part in _parts(made, MAX_BATCH):
                self._room.batch.remove([self._name(key, generation) for key in part])

    def get_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None
    ) -> Any:
        """One caller makes a missing value, in any process; the others wait for it."""
        missing = object()
        value = self.get(key, missing, version=version)
        if value is not missing:
            return value
        if not callable(default):
            return super().get_or_set(key, default, timeout=timeout, version=version)
        claim, owner = self._name(self._key(key, version), self._now()), owner_name()
        answer = self._room.claim.once(
            claim, owner, ttl=f"{max(1, int(self._lease * 1000))}ms", wait_ms=int(self._wait * 1000)
        )
        try:
            # Who waited finds what the other has made; who waited in vain makes it as well.
            return super().get_or_set(key, default, timeout=timeout, version=version)
        finally:
            if answer["claimed"]:
                try:
                    self._room.claim.release(claim, owner, fence=answer["fence"])
                except (ClaimNotHeld, LeaseLost, FenceStale):
                    pass  # Making has taken longer than the lease; another one is at it.
                except CloakroomError:
                    pass  # The lease ends by itself; there is a value, or what making it has raised.

    # -- asyncio. Those that Django itself puts together of several calls are one step here too.

    async def aincr(self, key: Any, delta: int = 1, version: Optional[int] = None) -> int:
        return await _in_thread(self.incr)(key, delta, version)

    async def adecr(self, key: Any, delta: int = 1, version: Optional[int] = None) -> int:
        return await _in_thread(self.incr)(key, -delta, version)

    async def ahas_key(self, key: Any, version: Optional[int] = None) -> bool:
        return await _in_thread(self.has_key)(key, version)

    async def aget_many(self, keys: Iterable[Any], version: Optional[int] = None) -> Dict[Any, Any]:
        return await _in_thread(self.get_many)(list(keys), version)

    async def aset_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None
    ) -> List[Any]:
        return await _in_thread(self.set_many)(data, timeout, version)

    async def adelete_many(self, keys: Iterable[Any], version: Optional[int] = None) -> None:
        await _in_thread(self.delete_many)(list(keys), version)

    async def aget_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None
    ) -> Any:
        return await _in_thread(self.get_or_set)(key, default, timeout, version)


def _in_thread(method: Callable[..., T]) -> Callable[..., Awaitable[T]]:
    made: Callable[..., Awaitable[T]] = sync_to_async(method, thread_sensitive=True)
    return made


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def _parts_by_size(items: Sequence[Any], count: int, size: int) -> Iterator[List[Any]]:
    """Parts that fit a frame: each has one value at least."""
    part: List[Any] = []
    bytes_of_part = 0
    for item in items:
        _, made, value = item
        length = len(made.encode()) + (len(value) if isinstance(value, bytes) else 0) + 100
        if part and (len(part) >= count or bytes_of_part + length > size):
            yield part
            part, bytes_of_part = [], 0
        part.append(item)
        bytes_of_part += length
    if part:
        yield part
