# Generated from the sidecar's method table by `swift run CloakroomStubs`. Don't edit.
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Literal, Mapping, Sequence, Union, cast

from ._stub import UNSET, AsyncNamespace, Common, Maybe, Namespace

if TYPE_CHECKING:
    from typing_extensions import Unpack

# What becomes of a call that is made again.
EFFECTS: Dict[str, str] = {
    "batch.get": "read",
    "batch.remove": "step",
    "batch.set": "set",
    "cache.get": "receipt",
    "cache.invalidate": "set",
    "cache.key": "read",
    "cache.release": "step",
    "cache.set": "set",
    "claim.inspect": "read",
    "claim.once": "step",
    "claim.release": "step",
    "claim.renew": "set",
    "counter.decrement": "step",
    "counter.expire": "set",
    "counter.get": "read",
    "counter.increment": "step",
    "counter.reset": "set",
    "dev.scan": "read",
    "events.define": "set",
    "events.publish": "step",
    "events.subscribe": "connection",
    "events.unsubscribe": "connection",
    "flow.define": "set",
    "flow.get": "read",
    "flow.list": "read",
    "flow.remove": "step",
    "flow.stats": "read",
    "idempotency.begin": "receipt",
    "idempotency.complete": "receipt",
    "idempotency.fail": "step",
    "idempotency.renew": "set",
    "jwt.jwks": "read",
    "jwt.revoke": "set",
    "jwt.sign": "token",
    "jwt.verify": "read",
    "kv.exists": "read",
    "kv.expire": "set",
    "kv.get": "read",
    "kv.remove": "step",
    "kv.set": "set",
    "kv.take": "step",
    "kv.touch": "set",
    "pending.checkout": "receipt",
    "pending.commit": "receipt",
    "pending.consume": "step",
    "pending.create": "token",
    "pending.dead": "read",
    "pending.delete": "step",
    "pending.exists": "read",
    "pending.release": "step",
    "pending.reopen": "step",
    "pending.update": "step",
    "pending.verify": "read",
    "ratelimit.check": "step",
    "ratelimit.peek": "read",
    "ratelimit.reset": "set",
    "rpc.discover": "read",
    "session.checkout": "receipt",
    "session.commit": "receipt",
    "session.completeStep": "step",
    "session.create": "step",
    "session.dead": "read",
    "session.delete": "step",
    "session.deleteAll": "step",
    "session.get": "read",
    "session.goTo": "step",
    "session.list": "read",
    "session.release": "step",
    "session.reopen": "step",
    "session.rotate": "step",
    "session.touch": "set",
    "session.update": "step",
    "streams.ack": "set",
    "streams.append": "step",
    "streams.ensure": "set",
    "streams.length": "read",
    "streams.pending": "read",
    "streams.read": "step",
    "streams.reclaim": "step",
    "system.cancel": "connection",
    "system.health": "read",
    "system.hello": "connection",
    "system.metrics": "read",
    "system.ping": "read",
}

# The same for a call that gives a parameter, other than as None or False.
EFFECTS_WITH: Dict[str, Dict[str, str]] = {
    "cache.set": {"lease": "step"},
    "claim.once": {"bindToConnection": "connection"},
    "kv.set": {"ifMatch": "step", "onlyIf": "step"},
}


class Batch(Namespace):
    """batch.*"""

    def get(
        self,
        keys: Sequence[str],
        **common: Unpack[Common],
    ) -> List[Any]:
        """Reads many values; large ones in several steps, between which others may change what was not read yet."""
        params: Dict[str, Any] = {"keys": keys}
        return cast(List[Any], self._call("batch.get", params, common))

    def remove(
        self,
        keys: Sequence[str],
        **common: Unpack[Common],
    ) -> List[Any]:
        """Removes many values, and tells for each whether there was one."""
        params: Dict[str, Any] = {"keys": keys}
        return cast(List[Any], self._call("batch.remove", params, common))

    def set(
        self,
        entries: Sequence[Mapping[str, Any]],
        **common: Unpack[Common],
    ) -> List[Any]:
        """Writes many values, in the order of the entries."""
        params: Dict[str, Any] = {"entries": entries}
        return cast(List[Any], self._call("batch.set", params, common))


class AsyncBatch(AsyncNamespace):
    """batch.*"""

    async def get(
        self,
        keys: Sequence[str],
        **common: Unpack[Common],
    ) -> List[Any]:
        """Reads many values; large ones in several steps, between which others may change what was not read yet."""
        params: Dict[str, Any] = {"keys": keys}
        return cast(List[Any], await self._call("batch.get", params, common))

    async def remove(
        self,
        keys: Sequence[str],
        **common: Unpack[Common],
    ) -> List[Any]:
        """Removes many values, and tells for each whether there was one."""
        params: Dict[str, Any] = {"keys": keys}
        return cast(List[Any], await self._call("batch.remove", params, common))

    async def set(
        self,
        entries: Sequence[Mapping[str, Any]],
        **common: Unpack[Common],
    ) -> List[Any]:
        """Writes many values, in the order of the entries."""
        params: Dict[str, Any] = {"entries": entries}
        return cast(List[Any], await self._call("batch.set", params, common))


class Cache(Namespace):
    """cache.*"""

    def get(
        self,
        key: str,
        *,
        tags: Maybe[Sequence[str]] = UNSET,
        wait_ms: Maybe[int] = UNSET,
        lease: Maybe[Union[bool, str]] = UNSET,
        lease_ttl: Maybe[Union[int, str]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a cached value. Where there is none, or a stale one, one caller gets a lease with it and makes the value; the others get the stale value at once, or wait."""
        params: Dict[str, Any] = {"key": key}
        if tags is not UNSET:
            params["tags"] = tags
        if wait_ms is not UNSET:
            params["waitMs"] = wait_ms
        if lease is not UNSET:
            params["lease"] = lease
        if lease_ttl is not UNSET:
            params["leaseTtl"] = lease_ttl
        return cast(Dict[str, Any], self._call("cache.get", params, common))

    def invalidate(
        self,
        *,
        keys: Maybe[Sequence[str]] = UNSET,
        tags: Maybe[Sequence[str]] = UNSET,
        soft: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Voids values by their keys and by tags. Hard: what was there is a miss for every call that begins after the answer, in any sidecar. Soft: it is stale, and may be given within its grace. Leases are void in either case. A tag takes the same time whatever it reaches."""
        params: Dict[str, Any] = {}
        if keys is not UNSET:
            params["keys"] = keys
        if tags is not UNSET:
            params["tags"] = tags
        if soft is not UNSET:
            params["soft"] = soft
        return cast(Dict[str, Any], self._call("cache.invalidate", params, common))

    def key(
        self,
        value: Any,
        *,
        prefix: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Makes a key of any JSON: a prefix and the SHA-256 of its canonical form (RFC 8785), so that the order of an object's members, white space and the spelling of strings and numbers make no other key."""
        params: Dict[str, Any] = {"value": value}
        if prefix is not UNSET:
            params["prefix"] = prefix
        return cast(Dict[str, Any], self._call("cache.key", params, common))

    def release(
        self,
        key: str,
        lease: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a lease back without a value: those who wait are leased the key in turn. Tells whether it was held."""
        params: Dict[str, Any] = {"key": key, "lease": lease}
        return cast(Dict[str, Any], self._call("cache.release", params, common))

    def set(
        self,
        key: str,
        *,
        value: Maybe[Any] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        tags: Maybe[Sequence[str]] = UNSET,
        jitter: Maybe[float] = UNSET,
        grace: Maybe[Union[int, str]] = UNSET,
        took_ms: Maybe[int] = UNSET,
        lease: Maybe[str] = UNSET,
        negative: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Writes a value to be cached. With the lease of cache.get it is refused (LEASE_LOST) when the key, or one of the tags, was invalidated since, or when somebody else has set the key."""
        params: Dict[str, Any] = {"key": key}
        if value is not UNSET:
            params["value"] = value
        if ttl is not UNSET:
            params["ttl"] = ttl
        if tags is not UNSET:
            params["tags"] = tags
        if jitter is not UNSET:
            params["jitter"] = jitter
        if grace is not UNSET:
            params["grace"] = grace
        if took_ms is not UNSET:
            params["tookMs"] = took_ms
        if lease is not UNSET:
            params["lease"] = lease
        if negative is not UNSET:
            params["negative"] = negative
        return cast(Dict[str, Any], self._call("cache.set", params, common))


class AsyncCache(AsyncNamespace):
    """cache.*"""

    async def get(
        self,
        key: str,
        *,
        tags: Maybe[Sequence[str]] = UNSET,
        wait_ms: Maybe[int] = UNSET,
        lease: Maybe[Union[bool, str]] = UNSET,
        lease_ttl: Maybe[Union[int, str]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a cached value. Where there is none, or a stale one, one caller gets a lease with it and makes the value; the others get the stale value at once, or wait."""
        params: Dict[str, Any] = {"key": key}
        if tags is not UNSET:
            params["tags"] = tags
        if wait_ms is not UNSET:
            params["waitMs"] = wait_ms
        if lease is not UNSET:
            params["lease"] = lease
        if lease_ttl is not UNSET:
            params["leaseTtl"] = lease_ttl
        return cast(Dict[str, Any], await self._call("cache.get", params, common))

    async def invalidate(
        self,
        *,
        keys: Maybe[Sequence[str]] = UNSET,
        tags: Maybe[Sequence[str]] = UNSET,
        soft: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Voids values by their keys and by tags. Hard: what was there is a miss for every call that begins after the answer, in any sidecar. Soft: it is stale, and may be given within its grace. Leases are void in either case. A tag takes the same time whatever it reaches."""
        params: Dict[str, Any] = {}
        if keys is not UNSET:
            params["keys"] = keys
        if tags is not UNSET:
            params["tags"] = tags
        if soft is not UNSET:
            params["soft"] = soft
        return cast(Dict[str, Any], await self._call("cache.invalidate", params, common))

    async def key(
        self,
        value: Any,
        *,
        prefix: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Makes a key of any JSON: a prefix and the SHA-256 of its canonical form (RFC 8785), so that the order of an object's members, white space and the spelling of strings and numbers make no other key."""
        params: Dict[str, Any] = {"value": value}
        if prefix is not UNSET:
            params["prefix"] = prefix
        return cast(Dict[str, Any], await self._call("cache.key", params, common))

    async def release(
        self,
        key: str,
        lease: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a lease back without a value: those who wait are leased the key in turn. Tells whether it was held."""
        params: Dict[str, Any] = {"key": key, "lease": lease}
        return cast(Dict[str, Any], await self._call("cache.release", params, common))

    async def set(
        self,
        key: str,
        *,
        value: Maybe[Any] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        tags: Maybe[Sequence[str]] = UNSET,
        jitter: Maybe[float] = UNSET,
        grace: Maybe[Union[int, str]] = UNSET,
        took_ms: Maybe[int] = UNSET,
        lease: Maybe[str] = UNSET,
        negative: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Writes a value to be cached. With the lease of cache.get it is refused (LEASE_LOST) when the key, or one of the tags, was invalidated since, or when somebody else has set the key."""
        params: Dict[str, Any] = {"key": key}
        if value is not UNSET:
            params["value"] = value
        if ttl is not UNSET:
            params["ttl"] = ttl
        if tags is not UNSET:
            params["tags"] = tags
        if jitter is not UNSET:
            params["jitter"] = jitter
        if grace is not UNSET:
            params["grace"] = grace
        if took_ms is not UNSET:
            params["tookMs"] = took_ms
        if lease is not UNSET:
            params["lease"] = lease
        if negative is not UNSET:
            params["negative"] = negative
        return cast(Dict[str, Any], await self._call("cache.set", params, common))


class Claim(Namespace):
    """claim.*"""

    def inspect(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells who holds a claim, and the last fence that was given out."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], self._call("claim.inspect", params, common))

    def once(
        self,
        key: str,
        owner: str,
        *,
        ttl: Maybe[Union[int, str]] = UNSET,
        wait_ms: Maybe[int] = UNSET,
        bind_to_connection: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Takes a claim unless another owner holds it, or waits for it; an owner that holds it already is told so and doesn't get it twice."""
        params: Dict[str, Any] = {"key": key, "owner": owner}
        if ttl is not UNSET:
            params["ttl"] = ttl
        if wait_ms is not UNSET:
            params["waitMs"] = wait_ms
        if bind_to_connection is not UNSET:
            params["bindToConnection"] = bind_to_connection
        return cast(Dict[str, Any], self._call("claim.once", params, common))

    def release(
        self,
        key: str,
        owner: str,
        *,
        fence: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a claim; only its owner can."""
        params: Dict[str, Any] = {"key": key, "owner": owner}
        if fence is not UNSET:
            params["fence"] = fence
        return cast(Dict[str, Any], self._call("claim.release", params, common))

    def renew(
        self,
        key: str,
        owner: str,
        *,
        ttl: Maybe[Union[int, str]] = UNSET,
        fence: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a claim a new life; only its owner can."""
        params: Dict[str, Any] = {"key": key, "owner": owner}
        if ttl is not UNSET:
            params["ttl"] = ttl
        if fence is not UNSET:
            params["fence"] = fence
        return cast(Dict[str, Any], self._call("claim.renew", params, common))


class AsyncClaim(AsyncNamespace):
    """claim.*"""

    async def inspect(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells who holds a claim, and the last fence that was given out."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], await self._call("claim.inspect", params, common))

    async def once(
        self,
        key: str,
        owner: str,
        *,
        ttl: Maybe[Union[int, str]] = UNSET,
        wait_ms: Maybe[int] = UNSET,
        bind_to_connection: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Takes a claim unless another owner holds it, or waits for it; an owner that holds it already is told so and doesn't get it twice."""
        params: Dict[str, Any] = {"key": key, "owner": owner}
        if ttl is not UNSET:
            params["ttl"] = ttl
        if wait_ms is not UNSET:
            params["waitMs"] = wait_ms
        if bind_to_connection is not UNSET:
            params["bindToConnection"] = bind_to_connection
        return cast(Dict[str, Any], await self._call("claim.once", params, common))

    async def release(
        self,
        key: str,
        owner: str,
        *,
        fence: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a claim; only its owner can."""
        params: Dict[str, Any] = {"key": key, "owner": owner}
        if fence is not UNSET:
            params["fence"] = fence
        return cast(Dict[str, Any], await self._call("claim.release", params, common))

    async def renew(
        self,
        key: str,
        owner: str,
        *,
        ttl: Maybe[Union[int, str]] = UNSET,
        fence: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a claim a new life; only its owner can."""
        params: Dict[str, Any] = {"key": key, "owner": owner}
        if ttl is not UNSET:
            params["ttl"] = ttl
        if fence is not UNSET:
            params["fence"] = fence
        return cast(Dict[str, Any], await self._call("claim.renew", params, common))


class Counter(Namespace):
    """counter.*"""

    def decrement(
        self,
        key: str,
        *,
        by: Maybe[int] = UNSET,
        min: Maybe[int] = UNSET,
        max: Maybe[int] = UNSET,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Takes from a counter, unless it would leave its bounds; one that is not there begins at 0."""
        params: Dict[str, Any] = {"key": key}
        if by is not UNSET:
            params["by"] = by
        if min is not UNSET:
            params["min"] = min
        if max is not UNSET:
            params["max"] = max
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], self._call("counter.decrement", params, common))

    def expire(
        self,
        key: str,
        ttl: Union[int, str, None],
        **common: Unpack[Common],
    ) -> bool:
        """Gives a counter a new life, and tells whether there is one."""
        params: Dict[str, Any] = {"key": key, "ttl": ttl}
        return cast(bool, self._call("counter.expire", params, common))

    def get(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a counter; one that is not there is 0 and not applied."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], self._call("counter.get", params, common))

    def increment(
        self,
        key: str,
        *,
        by: Maybe[int] = UNSET,
        min: Maybe[int] = UNSET,
        max: Maybe[int] = UNSET,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Adds to a counter, unless it would leave its bounds; one that is not there begins at 0."""
        params: Dict[str, Any] = {"key": key}
        if by is not UNSET:
            params["by"] = by
        if min is not UNSET:
            params["min"] = min
        if max is not UNSET:
            params["max"] = max
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], self._call("counter.increment", params, common))

    def reset(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Puts a counter back to 0 and ends its life; applied tells if there was one."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], self._call("counter.reset", params, common))


class AsyncCounter(AsyncNamespace):
    """counter.*"""

    async def decrement(
        self,
        key: str,
        *,
        by: Maybe[int] = UNSET,
        min: Maybe[int] = UNSET,
        max: Maybe[int] = UNSET,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Takes from a counter, unless it would leave its bounds; one that is not there begins at 0."""
        params: Dict[str, Any] = {"key": key}
        if by is not UNSET:
            params["by"] = by
        if min is not UNSET:
            params["min"] = min
        if max is not UNSET:
            params["max"] = max
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], await self._call("counter.decrement", params, common))

    async def expire(
        self,
        key: str,
        ttl: Union[int, str, None],
        **common: Unpack[Common],
    ) -> bool:
        """Gives a counter a new life, and tells whether there is one."""
        params: Dict[str, Any] = {"key": key, "ttl": ttl}
        return cast(bool, await self._call("counter.expire", params, common))

    async def get(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a counter; one that is not there is 0 and not applied."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], await self._call("counter.get", params, common))

    async def increment(
        self,
        key: str,
        *,
        by: Maybe[int] = UNSET,
        min: Maybe[int] = UNSET,
        max: Maybe[int] = UNSET,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Adds to a counter, unless it would leave its bounds; one that is not there begins at 0."""
        params: Dict[str, Any] = {"key": key}
        if by is not UNSET:
            params["by"] = by
        if min is not UNSET:
            params["min"] = min
        if max is not UNSET:
            params["max"] = max
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], await self._call("counter.increment", params, common))

    async def reset(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Puts a counter back to 0 and ends its life; applied tells if there was one."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], await self._call("counter.reset", params, common))


class Dev(Namespace):
    """dev.*"""

    def scan(
        self,
        *,
        pattern: Maybe[str] = UNSET,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        namespace: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists keys of the caller's own service and scope, a part with each call; off unless the setting dev.scan is on. A key that is there all the while comes at least once; a part may be empty before the last."""
        params: Dict[str, Any] = {}
        if pattern is not UNSET:
            params["pattern"] = pattern
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        if namespace is not UNSET:
            params["namespace"] = namespace
        return cast(Dict[str, Any], self._call("dev.scan", params, common))


class AsyncDev(AsyncNamespace):
    """dev.*"""

    async def scan(
        self,
        *,
        pattern: Maybe[str] = UNSET,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        namespace: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists keys of the caller's own service and scope, a part with each call; off unless the setting dev.scan is on. A key that is there all the while comes at least once; a part may be empty before the last."""
        params: Dict[str, Any] = {}
        if pattern is not UNSET:
            params["pattern"] = pattern
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        if namespace is not UNSET:
            params["namespace"] = namespace
        return cast(Dict[str, Any], await self._call("dev.scan", params, common))


class Events(Namespace):
    """events.*"""

    def define(
        self,
        channel: str,
        schema: Union[Mapping[str, Any], bool, None],
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a channel a schema that what is published has to fit, for all sidecars of the store. It is kept for 30 days after it was last defined or used."""
        params: Dict[str, Any] = {"channel": channel, "schema": schema}
        return cast(Dict[str, Any], self._call("events.define", params, common))

    def publish(
        self,
        channel: str,
        data: Any,
        *,
        validate_publish: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells all who listen to a channel that something happened. It is kept nowhere: who does not listen at that moment misses it."""
        params: Dict[str, Any] = {"channel": channel, "data": data}
        if validate_publish is not UNSET:
            params["validatePublish"] = validate_publish
        return cast(Dict[str, Any], self._call("events.publish", params, common))


class AsyncEvents(AsyncNamespace):
    """events.*"""

    async def define(
        self,
        channel: str,
        schema: Union[Mapping[str, Any], bool, None],
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a channel a schema that what is published has to fit, for all sidecars of the store. It is kept for 30 days after it was last defined or used."""
        params: Dict[str, Any] = {"channel": channel, "schema": schema}
        return cast(Dict[str, Any], await self._call("events.define", params, common))

    async def publish(
        self,
        channel: str,
        data: Any,
        *,
        validate_publish: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells all who listen to a channel that something happened. It is kept nowhere: who does not listen at that moment misses it."""
        params: Dict[str, Any] = {"channel": channel, "data": data}
        if validate_publish is not UNSET:
            params["validatePublish"] = validate_publish
        return cast(Dict[str, Any], await self._call("events.publish", params, common))


class Flow(Namespace):
    """flow.*"""

    def define(
        self,
        name: str,
        steps: Sequence[Mapping[str, Any]],
        *,
        schema: Maybe[Union[Mapping[str, Any], bool]] = UNSET,
        idle_ttl: Maybe[Union[int, str]] = UNSET,
        absolute_ttl: Maybe[Union[int, str]] = UNSET,
        bind: Maybe[Mapping[str, Any]] = UNSET,
        sensitive: Maybe[Sequence[Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Defines a flow, for new sessions from now on: those under way stay on the definition that they began with. The same definition again is the same version, another one the next; one that was there before becomes current again under its old number."""
        params: Dict[str, Any] = {"name": name, "steps": steps}
        if schema is not UNSET:
            params["schema"] = schema
        if idle_ttl is not UNSET:
            params["idleTtl"] = idle_ttl
        if absolute_ttl is not UNSET:
            params["absoluteTtl"] = absolute_ttl
        if bind is not UNSET:
            params["bind"] = bind
        if sensitive is not UNSET:
            params["sensitive"] = sensitive
        return cast(Dict[str, Any], self._call("flow.define", params, common))

    def get(
        self,
        name: str,
        *,
        version: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a flow's definition: the current one, or another that sessions may still be on."""
        params: Dict[str, Any] = {"name": name}
        if version is not UNSET:
            params["version"] = version
        return cast(Dict[str, Any], self._call("flow.get", params, common))

    def list(
        self,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists the flows of the caller's own service and scope with their versions and the sessions that live on each, the last defined first. A page may be shorter than was asked for; the cursor is null behind the last."""
        params: Dict[str, Any] = {}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        return cast(Dict[str, Any], self._call("flow.list", params, common))

    def remove(
        self,
        name: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Removes a flow. While sessions live on it, it is only closed to new ones: those go on. A flow that a file defines is CONFLICT."""
        params: Dict[str, Any] = {"name": name}
        return cast(Dict[str, Any], self._call("flow.remove", params, common))

    def stats(
        self,
        name: str,
        *,
        version: Maybe[Union[int, None]] = UNSET,
        from_: Maybe[Union[str, None]] = UNSET,
        to: Maybe[Union[str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells how people come through a flow: how many sessions were created, completed, deleted, dead, and abandoned (their life has ended) at which step; how often each step was come to and completed, and how long that took; and which keywords of its schema its data didn't fit. Counted over all sidecars, each of these once, by the hours (UTC) in which it happened; kept for 90 days. Times are right within 5 %. `live` is how many sessions there are now, whatever from and to."""
        params: Dict[str, Any] = {"name": name}
        if version is not UNSET:
            params["version"] = version
        if from_ is not UNSET:
            params["from"] = from_
        if to is not UNSET:
            params["to"] = to
        return cast(Dict[str, Any], self._call("flow.stats", params, common))


class AsyncFlow(AsyncNamespace):
    """flow.*"""

    async def define(
        self,
        name: str,
        steps: Sequence[Mapping[str, Any]],
        *,
        schema: Maybe[Union[Mapping[str, Any], bool]] = UNSET,
        idle_ttl: Maybe[Union[int, str]] = UNSET,
        absolute_ttl: Maybe[Union[int, str]] = UNSET,
        bind: Maybe[Mapping[str, Any]] = UNSET,
        sensitive: Maybe[Sequence[Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Defines a flow, for new sessions from now on: those under way stay on the definition that they began with. The same definition again is the same version, another one the next; one that was there before becomes current again under its old number."""
        params: Dict[str, Any] = {"name": name, "steps": steps}
        if schema is not UNSET:
            params["schema"] = schema
        if idle_ttl is not UNSET:
            params["idleTtl"] = idle_ttl
        if absolute_ttl is not UNSET:
            params["absoluteTtl"] = absolute_ttl
        if bind is not UNSET:
            params["bind"] = bind
        if sensitive is not UNSET:
            params["sensitive"] = sensitive
        return cast(Dict[str, Any], await self._call("flow.define", params, common))

    async def get(
        self,
        name: str,
        *,
        version: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a flow's definition: the current one, or another that sessions may still be on."""
        params: Dict[str, Any] = {"name": name}
        if version is not UNSET:
            params["version"] = version
        return cast(Dict[str, Any], await self._call("flow.get", params, common))

    async def list(
        self,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists the flows of the caller's own service and scope with their versions and the sessions that live on each, the last defined first. A page may be shorter than was asked for; the cursor is null behind the last."""
        params: Dict[str, Any] = {}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        return cast(Dict[str, Any], await self._call("flow.list", params, common))

    async def remove(
        self,
        name: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Removes a flow. While sessions live on it, it is only closed to new ones: those go on. A flow that a file defines is CONFLICT."""
        params: Dict[str, Any] = {"name": name}
        return cast(Dict[str, Any], await self._call("flow.remove", params, common))

    async def stats(
        self,
        name: str,
        *,
        version: Maybe[Union[int, None]] = UNSET,
        from_: Maybe[Union[str, None]] = UNSET,
        to: Maybe[Union[str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells how people come through a flow: how many sessions were created, completed, deleted, dead, and abandoned (their life has ended) at which step; how often each step was come to and completed, and how long that took; and which keywords of its schema its data didn't fit. Counted over all sidecars, each of these once, by the hours (UTC) in which it happened; kept for 90 days. Times are right within 5 %. `live` is how many sessions there are now, whatever from and to."""
        params: Dict[str, Any] = {"name": name}
        if version is not UNSET:
            params["version"] = version
        if from_ is not UNSET:
            params["from"] = from_
        if to is not UNSET:
            params["to"] = to
        return cast(Dict[str, Any], await self._call("flow.stats", params, common))


class Idempotency(Namespace):
    """idempotency.*"""

    def begin(
        self,
        key: str,
        *,
        fingerprint: Maybe[str] = UNSET,
        receipt: Maybe[str] = UNSET,
        lock_ttl: Maybe[Union[int, str]] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        wait_ms: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Asks for the lock on something that is to be done once. Of any number of callers one is told `new`, and has to complete or fail what it does; the others are told that it is under way, or what came of it. When the one has died, the next begin after its lock has lapsed is `new`, with the next attempt."""
        params: Dict[str, Any] = {"key": key}
        if fingerprint is not UNSET:
            params["fingerprint"] = fingerprint
        if receipt is not UNSET:
            params["receipt"] = receipt
        if lock_ttl is not UNSET:
            params["lockTtl"] = lock_ttl
        if ttl is not UNSET:
            params["ttl"] = ttl
        if wait_ms is not UNSET:
            params["waitMs"] = wait_ms
        return cast(Dict[str, Any], self._call("idempotency.begin", params, common))

    def complete(
        self,
        key: str,
        receipt: str,
        result: Any,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Keeps the result of what was begun: later begins are told it, for as long as the ttl of the begin. Repeated with the same receipt it answers what it answered first. A lock that has lapsed is no reason to refuse as long as nobody else has had it."""
        params: Dict[str, Any] = {"key": key, "receipt": receipt, "result": result}
        return cast(Dict[str, Any], self._call("idempotency.complete", params, common))

    def fail(
        self,
        key: str,
        receipt: str,
        *,
        error: Maybe[Any] = UNSET,
        final: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a try that has failed: the next begin is `new`, with the next attempt; or, if the failure is final, later begins are told it. Repeated with the same receipt it answers what it answered first."""
        params: Dict[str, Any] = {"key": key, "receipt": receipt}
        if error is not UNSET:
            params["error"] = error
        if final is not UNSET:
            params["final"] = final
        return cast(Dict[str, Any], self._call("idempotency.fail", params, common))

    def renew(
        self,
        key: str,
        receipt: str,
        *,
        lock_ttl: Maybe[Union[int, str]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Has the lock last longer, for work that takes longer than it seemed. A lock that has lapsed is had again as long as nobody else has had it."""
        params: Dict[str, Any] = {"key": key, "receipt": receipt}
        if lock_ttl is not UNSET:
            params["lockTtl"] = lock_ttl
        return cast(Dict[str, Any], self._call("idempotency.renew", params, common))


class AsyncIdempotency(AsyncNamespace):
    """idempotency.*"""

    async def begin(
        self,
        key: str,
        *,
        fingerprint: Maybe[str] = UNSET,
        receipt: Maybe[str] = UNSET,
        lock_ttl: Maybe[Union[int, str]] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        wait_ms: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Asks for the lock on something that is to be done once. Of any number of callers one is told `new`, and has to complete or fail what it does; the others are told that it is under way, or what came of it. When the one has died, the next begin after its lock has lapsed is `new`, with the next attempt."""
        params: Dict[str, Any] = {"key": key}
        if fingerprint is not UNSET:
            params["fingerprint"] = fingerprint
        if receipt is not UNSET:
            params["receipt"] = receipt
        if lock_ttl is not UNSET:
            params["lockTtl"] = lock_ttl
        if ttl is not UNSET:
            params["ttl"] = ttl
        if wait_ms is not UNSET:
            params["waitMs"] = wait_ms
        return cast(Dict[str, Any], await self._call("idempotency.begin", params, common))

    async def complete(
        self,
        key: str,
        receipt: str,
        result: Any,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Keeps the result of what was begun: later begins are told it, for as long as the ttl of the begin. Repeated with the same receipt it answers what it answered first. A lock that has lapsed is no reason to refuse as long as nobody else has had it."""
        params: Dict[str, Any] = {"key": key, "receipt": receipt, "result": result}
        return cast(Dict[str, Any], await self._call("idempotency.complete", params, common))

    async def fail(
        self,
        key: str,
        receipt: str,
        *,
        error: Maybe[Any] = UNSET,
        final: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a try that has failed: the next begin is `new`, with the next attempt; or, if the failure is final, later begins are told it. Repeated with the same receipt it answers what it answered first."""
        params: Dict[str, Any] = {"key": key, "receipt": receipt}
        if error is not UNSET:
            params["error"] = error
        if final is not UNSET:
            params["final"] = final
        return cast(Dict[str, Any], await self._call("idempotency.fail", params, common))

    async def renew(
        self,
        key: str,
        receipt: str,
        *,
        lock_ttl: Maybe[Union[int, str]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Has the lock last longer, for work that takes longer than it seemed. A lock that has lapsed is had again as long as nobody else has had it."""
        params: Dict[str, Any] = {"key": key, "receipt": receipt}
        if lock_ttl is not UNSET:
            params["lockTtl"] = lock_ttl
        return cast(Dict[str, Any], await self._call("idempotency.renew", params, common))


class Jwt(Namespace):
    """jwt.*"""

    def jwks(
        self,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Answers the public keys as a JSON Web Key Set (RFC 7517), for verifying tokens without the sidecar."""
        params: Dict[str, Any] = {}
        return cast(Dict[str, Any], self._call("jwt.jwks", params, common))

    def revoke(
        self,
        *,
        token: Maybe[str] = UNSET,
        jti: Maybe[str] = UNSET,
        expires_at: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Has a token never verify again, in any sidecar of the store; false when it has expired anyway. A pending operation's token is not revoked but ended, by pending.delete: WRONG_TYPE."""
        params: Dict[str, Any] = {}
        if token is not UNSET:
            params["token"] = token
        if jti is not UNSET:
            params["jti"] = jti
        if expires_at is not UNSET:
            params["expiresAt"] = expires_at
        return cast(Dict[str, Any], self._call("jwt.revoke", params, common))

    def sign(
        self,
        *,
        claims: Maybe[Mapping[str, Any]] = UNSET,
        expires_in: Maybe[Union[int, str]] = UNSET,
        subject: Maybe[str] = UNSET,
        audience: Maybe[Union[str, Sequence[str]]] = UNSET,
        purpose: Maybe[str] = UNSET,
        key_id: Maybe[str] = UNSET,
        seal: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Signs claims: a token that any holder of the keys can verify. Repeated with its idempotencyKey it answers the same token, which the store keeps sealed; CONFLICT when the key that this is kept by is not here any more."""
        params: Dict[str, Any] = {}
        if claims is not UNSET:
            params["claims"] = claims
        if expires_in is not UNSET:
            params["expiresIn"] = expires_in
        if subject is not UNSET:
            params["subject"] = subject
        if audience is not UNSET:
            params["audience"] = audience
        if purpose is not UNSET:
            params["purpose"] = purpose
        if key_id is not UNSET:
            params["keyId"] = key_id
        if seal is not UNSET:
            params["seal"] = seal
        return cast(Dict[str, Any], self._call("jwt.sign", params, common))

    def verify(
        self,
        token: str,
        *,
        audience: Maybe[str] = UNSET,
        issuer: Maybe[str] = UNSET,
        purpose: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Verifies a token: its signature, its times, whom and what it is for, and that nobody has revoked it. A pending operation's token is WRONG_TYPE."""
        params: Dict[str, Any] = {"token": token}
        if audience is not UNSET:
            params["audience"] = audience
        if issuer is not UNSET:
            params["issuer"] = issuer
        if purpose is not UNSET:
            params["purpose"] = purpose
        return cast(Dict[str, Any], self._call("jwt.verify", params, common))


class AsyncJwt(AsyncNamespace):
    """jwt.*"""

    async def jwks(
        self,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Answers the public keys as a JSON Web Key Set (RFC 7517), for verifying tokens without the sidecar."""
        params: Dict[str, Any] = {}
        return cast(Dict[str, Any], await self._call("jwt.jwks", params, common))

    async def revoke(
        self,
        *,
        token: Maybe[str] = UNSET,
        jti: Maybe[str] = UNSET,
        expires_at: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Has a token never verify again, in any sidecar of the store; false when it has expired anyway. A pending operation's token is not revoked but ended, by pending.delete: WRONG_TYPE."""
        params: Dict[str, Any] = {}
        if token is not UNSET:
            params["token"] = token
        if jti is not UNSET:
            params["jti"] = jti
        if expires_at is not UNSET:
            params["expiresAt"] = expires_at
        return cast(Dict[str, Any], await self._call("jwt.revoke", params, common))

    async def sign(
        self,
        *,
        claims: Maybe[Mapping[str, Any]] = UNSET,
        expires_in: Maybe[Union[int, str]] = UNSET,
        subject: Maybe[str] = UNSET,
        audience: Maybe[Union[str, Sequence[str]]] = UNSET,
        purpose: Maybe[str] = UNSET,
        key_id: Maybe[str] = UNSET,
        seal: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Signs claims: a token that any holder of the keys can verify. Repeated with its idempotencyKey it answers the same token, which the store keeps sealed; CONFLICT when the key that this is kept by is not here any more."""
        params: Dict[str, Any] = {}
        if claims is not UNSET:
            params["claims"] = claims
        if expires_in is not UNSET:
            params["expiresIn"] = expires_in
        if subject is not UNSET:
            params["subject"] = subject
        if audience is not UNSET:
            params["audience"] = audience
        if purpose is not UNSET:
            params["purpose"] = purpose
        if key_id is not UNSET:
            params["keyId"] = key_id
        if seal is not UNSET:
            params["seal"] = seal
        return cast(Dict[str, Any], await self._call("jwt.sign", params, common))

    async def verify(
        self,
        token: str,
        *,
        audience: Maybe[str] = UNSET,
        issuer: Maybe[str] = UNSET,
        purpose: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Verifies a token: its signature, its times, whom and what it is for, and that nobody has revoked it. A pending operation's token is WRONG_TYPE."""
        params: Dict[str, Any] = {"token": token}
        if audience is not UNSET:
            params["audience"] = audience
        if issuer is not UNSET:
            params["issuer"] = issuer
        if purpose is not UNSET:
            params["purpose"] = purpose
        return cast(Dict[str, Any], await self._call("jwt.verify", params, common))


class Kv(Namespace):
    """kv.*"""

    def exists(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> bool:
        """Tells whether there is a value."""
        params: Dict[str, Any] = {"key": key}
        return cast(bool, self._call("kv.exists", params, common))

    def expire(
        self,
        key: str,
        ttl: Union[int, str, None],
        **common: Unpack[Common],
    ) -> bool:
        """Gives a value a new life, and tells whether there is one."""
        params: Dict[str, Any] = {"key": key, "ttl": ttl}
        return cast(bool, self._call("kv.expire", params, common))

    def get(
        self,
        key: str,
        *,
        with_meta: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a value."""
        params: Dict[str, Any] = {"key": key}
        if with_meta is not UNSET:
            params["withMeta"] = with_meta
        return cast(Dict[str, Any], self._call("kv.get", params, common))

    def remove(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> bool:
        """Removes a value, and tells whether there was one."""
        params: Dict[str, Any] = {"key": key}
        return cast(bool, self._call("kv.remove", params, common))

    def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        only_if: Maybe[Literal["absent", "present"]] = UNSET,
        if_match: Maybe[str] = UNSET,
        with_meta: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Writes a value."""
        params: Dict[str, Any] = {"key": key, "value": value}
        if ttl is not UNSET:
            params["ttl"] = ttl
        if only_if is not UNSET:
            params["onlyIf"] = only_if
        if if_match is not UNSET:
            params["ifMatch"] = if_match
        if with_meta is not UNSET:
            params["withMeta"] = with_meta
        return cast(Dict[str, Any], self._call("kv.set", params, common))

    def take(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a value and removes it, in one step: of many callers one gets it."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], self._call("kv.take", params, common))

    def touch(
        self,
        key: str,
        *,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> bool:
        """Begins a value's life anew (with the default, if no other is given)."""
        params: Dict[str, Any] = {"key": key}
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(bool, self._call("kv.touch", params, common))


class AsyncKv(AsyncNamespace):
    """kv.*"""

    async def exists(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> bool:
        """Tells whether there is a value."""
        params: Dict[str, Any] = {"key": key}
        return cast(bool, await self._call("kv.exists", params, common))

    async def expire(
        self,
        key: str,
        ttl: Union[int, str, None],
        **common: Unpack[Common],
    ) -> bool:
        """Gives a value a new life, and tells whether there is one."""
        params: Dict[str, Any] = {"key": key, "ttl": ttl}
        return cast(bool, await self._call("kv.expire", params, common))

    async def get(
        self,
        key: str,
        *,
        with_meta: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a value."""
        params: Dict[str, Any] = {"key": key}
        if with_meta is not UNSET:
            params["withMeta"] = with_meta
        return cast(Dict[str, Any], await self._call("kv.get", params, common))

    async def remove(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> bool:
        """Removes a value, and tells whether there was one."""
        params: Dict[str, Any] = {"key": key}
        return cast(bool, await self._call("kv.remove", params, common))

    async def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        only_if: Maybe[Literal["absent", "present"]] = UNSET,
        if_match: Maybe[str] = UNSET,
        with_meta: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Writes a value."""
        params: Dict[str, Any] = {"key": key, "value": value}
        if ttl is not UNSET:
            params["ttl"] = ttl
        if only_if is not UNSET:
            params["onlyIf"] = only_if
        if if_match is not UNSET:
            params["ifMatch"] = if_match
        if with_meta is not UNSET:
            params["withMeta"] = with_meta
        return cast(Dict[str, Any], await self._call("kv.set", params, common))

    async def take(
        self,
        key: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a value and removes it, in one step: of many callers one gets it."""
        params: Dict[str, Any] = {"key": key}
        return cast(Dict[str, Any], await self._call("kv.take", params, common))

    async def touch(
        self,
        key: str,
        *,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> bool:
        """Begins a value's life anew (with the default, if no other is given)."""
        params: Dict[str, Any] = {"key": key}
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(bool, await self._call("kv.touch", params, common))


class Pending(Namespace):
    """pending.*"""

    def commit(
        self,
        token: str,
        operation_type: str,
        receipt: str,
        *,
        result: Maybe[Any] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends an operation that the caller has checked out and brought into its database. Repeated with the same receipt it answers what it answered first, for a day. A lease that is over is no reason to refuse as long as nobody else has had the operation."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type, "receipt": receipt}
        if result is not UNSET:
            params["result"] = result
        return cast(Dict[str, Any], self._call("pending.commit", params, common))

    def consume(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads the operation of a token and ends it: of many callers one gets it."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], self._call("pending.consume", params, common))

    def create(
        self,
        *,
        operation_type: Maybe[str] = UNSET,
        data: Maybe[Any] = UNSET,
        expires_in: Maybe[Union[int, str]] = UNSET,
        backend: Maybe[Literal["auto", "store", "jwt"]] = UNSET,
        one_time: Maybe[bool] = UNSET,
        seal: Maybe[bool] = UNSET,
        preset: Maybe[str] = UNSET,
        max_attempts: Maybe[Union[int, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Keeps an operation's data until somebody comes with the token that this answers. Repeated with its idempotencyKey it answers the same token; CONFLICT when the key that this is kept by is not here any more. With an idempotencyKey nothing is made while the store can't be reached, whatever the backend."""
        params: Dict[str, Any] = {}
        if operation_type is not UNSET:
            params["operationType"] = operation_type
        if data is not UNSET:
            params["data"] = data
        if expires_in is not UNSET:
            params["expiresIn"] = expires_in
        if backend is not UNSET:
            params["backend"] = backend
        if one_time is not UNSET:
            params["oneTime"] = one_time
        if seal is not UNSET:
            params["seal"] = seal
        if preset is not UNSET:
            params["preset"] = preset
        if max_attempts is not UNSET:
            params["maxAttempts"] = max_attempts
        return cast(Dict[str, Any], self._call("pending.create", params, common))

    def dead(
        self,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        with_data: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists operations whose attempts are used up, of the caller's own service and scope, each with what the last release has said. The store is looked through for them, a part with each call; a part may be empty before the last."""
        params: Dict[str, Any] = {}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        if with_data is not UNSET:
            params["withData"] = with_data
        return cast(Dict[str, Any], self._call("pending.dead", params, common))

    def delete(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends the operation of a token; false with the reason when it is gone."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], self._call("pending.delete", params, common))

    def exists(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells whether a token has an operation of that type, and why not."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], self._call("pending.exists", params, common))

    def release(
        self,
        token: str,
        operation_type: str,
        receipt: str,
        *,
        error: Maybe[Any] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives back an operation that the caller has checked out: it is open again, or dead when its attempts are used up."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type, "receipt": receipt}
        if error is not UNSET:
            params["error"] = error
        return cast(Dict[str, Any], self._call("pending.release", params, common))

    def reopen(
        self,
        id: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Opens an operation again whose attempts are used up: with all its attempts and its whole life."""
        params: Dict[str, Any] = {"id": id}
        return cast(Dict[str, Any], self._call("pending.reopen", params, common))

    def update(
        self,
        token: str,
        operation_type: str,
        *,
        data: Maybe[Any] = UNSET,
        patch: Maybe[Any] = UNSET,
        if_match: Maybe[str] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        reissue: Maybe[bool] = UNSET,
        only_if: Maybe[Union[Mapping[str, Any], bool]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Changes an operation's data: replaces them, or merges a patch into them without losing what others change meanwhile. Data in a token can't be changed: with reissue there is another token, and the old one is used up."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        if data is not UNSET:
            params["data"] = data
        if patch is not UNSET:
            params["patch"] = patch
        if if_match is not UNSET:
            params["ifMatch"] = if_match
        if ttl is not UNSET:
            params["ttl"] = ttl
        if reissue is not UNSET:
            params["reissue"] = reissue
        if only_if is not UNSET:
            params["onlyIf"] = only_if
        return cast(Dict[str, Any], self._call("pending.update", params, common))

    def verify(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads the operation of a token; it stays as it is."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], self._call("pending.verify", params, common))


class AsyncPending(AsyncNamespace):
    """pending.*"""

    async def commit(
        self,
        token: str,
        operation_type: str,
        receipt: str,
        *,
        result: Maybe[Any] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends an operation that the caller has checked out and brought into its database. Repeated with the same receipt it answers what it answered first, for a day. A lease that is over is no reason to refuse as long as nobody else has had the operation."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type, "receipt": receipt}
        if result is not UNSET:
            params["result"] = result
        return cast(Dict[str, Any], await self._call("pending.commit", params, common))

    async def consume(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads the operation of a token and ends it: of many callers one gets it."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], await self._call("pending.consume", params, common))

    async def create(
        self,
        *,
        operation_type: Maybe[str] = UNSET,
        data: Maybe[Any] = UNSET,
        expires_in: Maybe[Union[int, str]] = UNSET,
        backend: Maybe[Literal["auto", "store", "jwt"]] = UNSET,
        one_time: Maybe[bool] = UNSET,
        seal: Maybe[bool] = UNSET,
        preset: Maybe[str] = UNSET,
        max_attempts: Maybe[Union[int, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Keeps an operation's data until somebody comes with the token that this answers. Repeated with its idempotencyKey it answers the same token; CONFLICT when the key that this is kept by is not here any more. With an idempotencyKey nothing is made while the store can't be reached, whatever the backend."""
        params: Dict[str, Any] = {}
        if operation_type is not UNSET:
            params["operationType"] = operation_type
        if data is not UNSET:
            params["data"] = data
        if expires_in is not UNSET:
            params["expiresIn"] = expires_in
        if backend is not UNSET:
            params["backend"] = backend
        if one_time is not UNSET:
            params["oneTime"] = one_time
        if seal is not UNSET:
            params["seal"] = seal
        if preset is not UNSET:
            params["preset"] = preset
        if max_attempts is not UNSET:
            params["maxAttempts"] = max_attempts
        return cast(Dict[str, Any], await self._call("pending.create", params, common))

    async def dead(
        self,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        with_data: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists operations whose attempts are used up, of the caller's own service and scope, each with what the last release has said. The store is looked through for them, a part with each call; a part may be empty before the last."""
        params: Dict[str, Any] = {}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        if with_data is not UNSET:
            params["withData"] = with_data
        return cast(Dict[str, Any], await self._call("pending.dead", params, common))

    async def delete(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends the operation of a token; false with the reason when it is gone."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], await self._call("pending.delete", params, common))

    async def exists(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells whether a token has an operation of that type, and why not."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], await self._call("pending.exists", params, common))

    async def release(
        self,
        token: str,
        operation_type: str,
        receipt: str,
        *,
        error: Maybe[Any] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives back an operation that the caller has checked out: it is open again, or dead when its attempts are used up."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type, "receipt": receipt}
        if error is not UNSET:
            params["error"] = error
        return cast(Dict[str, Any], await self._call("pending.release", params, common))

    async def reopen(
        self,
        id: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Opens an operation again whose attempts are used up: with all its attempts and its whole life."""
        params: Dict[str, Any] = {"id": id}
        return cast(Dict[str, Any], await self._call("pending.reopen", params, common))

    async def update(
        self,
        token: str,
        operation_type: str,
        *,
        data: Maybe[Any] = UNSET,
        patch: Maybe[Any] = UNSET,
        if_match: Maybe[str] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        reissue: Maybe[bool] = UNSET,
        only_if: Maybe[Union[Mapping[str, Any], bool]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Changes an operation's data: replaces them, or merges a patch into them without losing what others change meanwhile. Data in a token can't be changed: with reissue there is another token, and the old one is used up."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        if data is not UNSET:
            params["data"] = data
        if patch is not UNSET:
            params["patch"] = patch
        if if_match is not UNSET:
            params["ifMatch"] = if_match
        if ttl is not UNSET:
            params["ttl"] = ttl
        if reissue is not UNSET:
            params["reissue"] = reissue
        if only_if is not UNSET:
            params["onlyIf"] = only_if
        return cast(Dict[str, Any], await self._call("pending.update", params, common))

    async def verify(
        self,
        token: str,
        operation_type: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads the operation of a token; it stays as it is."""
        params: Dict[str, Any] = {"token": token, "operationType": operation_type}
        return cast(Dict[str, Any], await self._call("pending.verify", params, common))


class Ratelimit(Namespace):
    """ratelimit.*"""

    def check(
        self,
        *,
        key: Maybe[str] = UNSET,
        limit: Maybe[int] = UNSET,
        window: Maybe[Union[int, str]] = UNSET,
        burst: Maybe[int] = UNSET,
        cost: Maybe[int] = UNSET,
        policy: Maybe[str] = UNSET,
        all: Maybe[Sequence[Mapping[str, Any]]] = UNSET,
        on_unavailable: Maybe[Literal["deny", "allow"]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Takes what a call costs from a limit, or from several, all of them or none, and tells whether it may go on. GCRA: what was taken comes back evenly over the window, up to the burst. Counted without rounding on the store's clock, over all sidecars; waits are rounded up, so that a caller who waits retryAfterMs is let through if nobody else came. allowed is the decision; of several limits, limit, remaining and resetMs (when all has come back) are those of the tightest, and each has its own in results. A cost of 0 takes nothing and is allowed. A key that was refused may be refused again by the sidecar itself, for a second at most."""
        params: Dict[str, Any] = {}
        if key is not UNSET:
            params["key"] = key
        if limit is not UNSET:
            params["limit"] = limit
        if window is not UNSET:
            params["window"] = window
        if burst is not UNSET:
            params["burst"] = burst
        if cost is not UNSET:
            params["cost"] = cost
        if policy is not UNSET:
            params["policy"] = policy
        if all is not UNSET:
            params["all"] = all
        if on_unavailable is not UNSET:
            params["onUnavailable"] = on_unavailable
        return cast(Dict[str, Any], self._call("ratelimit.check", params, common))

    def peek(
        self,
        *,
        key: Maybe[str] = UNSET,
        limit: Maybe[int] = UNSET,
        window: Maybe[Union[int, str]] = UNSET,
        burst: Maybe[int] = UNSET,
        cost: Maybe[int] = UNSET,
        policy: Maybe[str] = UNSET,
        all: Maybe[Sequence[Mapping[str, Any]]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells what ratelimit.check would answer now, and takes nothing."""
        params: Dict[str, Any] = {}
        if key is not UNSET:
            params["key"] = key
        if limit is not UNSET:
            params["limit"] = limit
        if window is not UNSET:
            params["window"] = window
        if burst is not UNSET:
            params["burst"] = burst
        if cost is not UNSET:
            params["cost"] = cost
        if policy is not UNSET:
            params["policy"] = policy
        if all is not UNSET:
            params["all"] = all
        return cast(Dict[str, Any], self._call("ratelimit.peek", params, common))

    def reset(
        self,
        *,
        key: Maybe[str] = UNSET,
        limit: Maybe[int] = UNSET,
        window: Maybe[Union[int, str]] = UNSET,
        burst: Maybe[int] = UNSET,
        cost: Maybe[int] = UNSET,
        policy: Maybe[str] = UNSET,
        all: Maybe[Sequence[Mapping[str, Any]]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Forgets what was taken from all limits on a key, or from those of a policy, and tells whether there was anything. It takes what a check takes; all but key, policy and all is of no matter. Another sidecar may go on refusing the key for a second at most."""
        params: Dict[str, Any] = {}
        if key is not UNSET:
            params["key"] = key
        if limit is not UNSET:
            params["limit"] = limit
        if window is not UNSET:
            params["window"] = window
        if burst is not UNSET:
            params["burst"] = burst
        if cost is not UNSET:
            params["cost"] = cost
        if policy is not UNSET:
            params["policy"] = policy
        if all is not UNSET:
            params["all"] = all
        return cast(Dict[str, Any], self._call("ratelimit.reset", params, common))


class AsyncRatelimit(AsyncNamespace):
    """ratelimit.*"""

    async def check(
        self,
        *,
        key: Maybe[str] = UNSET,
        limit: Maybe[int] = UNSET,
        window: Maybe[Union[int, str]] = UNSET,
        burst: Maybe[int] = UNSET,
        cost: Maybe[int] = UNSET,
        policy: Maybe[str] = UNSET,
        all: Maybe[Sequence[Mapping[str, Any]]] = UNSET,
        on_unavailable: Maybe[Literal["deny", "allow"]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Takes what a call costs from a limit, or from several, all of them or none, and tells whether it may go on. GCRA: what was taken comes back evenly over the window, up to the burst. Counted without rounding on the store's clock, over all sidecars; waits are rounded up, so that a caller who waits retryAfterMs is let through if nobody else came. allowed is the decision; of several limits, limit, remaining and resetMs (when all has come back) are those of the tightest, and each has its own in results. A cost of 0 takes nothing and is allowed. A key that was refused may be refused again by the sidecar itself, for a second at most."""
        params: Dict[str, Any] = {}
        if key is not UNSET:
            params["key"] = key
        if limit is not UNSET:
            params["limit"] = limit
        if window is not UNSET:
            params["window"] = window
        if burst is not UNSET:
            params["burst"] = burst
        if cost is not UNSET:
            params["cost"] = cost
        if policy is not UNSET:
            params["policy"] = policy
        if all is not UNSET:
            params["all"] = all
        if on_unavailable is not UNSET:
            params["onUnavailable"] = on_unavailable
        return cast(Dict[str, Any], await self._call("ratelimit.check", params, common))

    async def peek(
        self,
        *,
        key: Maybe[str] = UNSET,
        limit: Maybe[int] = UNSET,
        window: Maybe[Union[int, str]] = UNSET,
        burst: Maybe[int] = UNSET,
        cost: Maybe[int] = UNSET,
        policy: Maybe[str] = UNSET,
        all: Maybe[Sequence[Mapping[str, Any]]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells what ratelimit.check would answer now, and takes nothing."""
        params: Dict[str, Any] = {}
        if key is not UNSET:
            params["key"] = key
        if limit is not UNSET:
            params["limit"] = limit
        if window is not UNSET:
            params["window"] = window
        if burst is not UNSET:
            params["burst"] = burst
        if cost is not UNSET:
            params["cost"] = cost
        if policy is not UNSET:
            params["policy"] = policy
        if all is not UNSET:
            params["all"] = all
        return cast(Dict[str, Any], await self._call("ratelimit.peek", params, common))

    async def reset(
        self,
        *,
        key: Maybe[str] = UNSET,
        limit: Maybe[int] = UNSET,
        window: Maybe[Union[int, str]] = UNSET,
        burst: Maybe[int] = UNSET,
        cost: Maybe[int] = UNSET,
        policy: Maybe[str] = UNSET,
        all: Maybe[Sequence[Mapping[str, Any]]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Forgets what was taken from all limits on a key, or from those of a policy, and tells whether there was anything. It takes what a check takes; all but key, policy and all is of no matter. Another sidecar may go on refusing the key for a second at most."""
        params: Dict[str, Any] = {}
        if key is not UNSET:
            params["key"] = key
        if limit is not UNSET:
            params["limit"] = limit
        if window is not UNSET:
            params["window"] = window
        if burst is not UNSET:
            params["burst"] = burst
        if cost is not UNSET:
            params["cost"] = cost
        if policy is not UNSET:
            params["policy"] = policy
        if all is not UNSET:
            params["all"] = all
        return cast(Dict[str, Any], await self._call("ratelimit.reset", params, common))


class Session(Namespace):
    """session.*"""

    def commit(
        self,
        session_id: str,
        receipt: str,
        *,
        result: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a session that the caller has checked out and saved. Repeated with the same receipt it answers what it answered first, for a day: a form that is sent twice makes one thing. A lease that is over is no reason to refuse as long as nobody else has had the session and nothing was changed in it."""
        params: Dict[str, Any] = {"sessionId": session_id, "receipt": receipt}
        if result is not UNSET:
            params["result"] = result
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.commit", params, common))

    def complete_step(
        self,
        session_id: str,
        step: str,
        *,
        patch: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Completes a step of the session's flow, and goes on to the next that applies and is not complete. Whether its turn has come, and whether the data fit, is checked here and never believed: INVALID_STEP says which step can be gone to, VALIDATION_FAILED everything that doesn't fit, and nothing is written then."""
        params: Dict[str, Any] = {"sessionId": session_id, "step": step}
        if patch is not UNSET:
            params["patch"] = patch
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.completeStep", params, common))

    def create(
        self,
        *,
        flow: Maybe[str] = UNSET,
        data: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        principal: Maybe[Union[str, None]] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Begins a session: one person's way through a flow, or without a flow data that have a life and steps of any names. The id that this answers is all that is needed to use the session. Limited for each service (SESSION_RATE_LIMIT a minute) and for each metadata.ipAddress (SESSION_MAX_ATTEMPTS a minute, IPv6 by /64)."""
        params: Dict[str, Any] = {}
        if flow is not UNSET:
            params["flow"] = flow
        if data is not UNSET:
            params["data"] = data
        if metadata is not UNSET:
            params["metadata"] = metadata
        if principal is not UNSET:
            params["principal"] = principal
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], self._call("session.create", params, common))

    def dead(
        self,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        with_data: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists sessions whose attempts to be saved are used up, of the caller's own service and scope, the latest first, each with what the last release has said."""
        params: Dict[str, Any] = {}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        if with_data is not UNSET:
            params["withData"] = with_data
        return cast(Dict[str, Any], self._call("session.dead", params, common))

    def delete(
        self,
        *,
        session_id: Maybe[str] = UNSET,
        ref: Maybe[str] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a session, and forgets its data; false with the reason when it is over. By its id, or by its ref."""
        params: Dict[str, Any] = {}
        if session_id is not UNSET:
            params["sessionId"] = session_id
        if ref is not UNSET:
            params["ref"] = ref
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.delete", params, common))

    def delete_all(
        self,
        principal: str,
        *,
        except_: Maybe[Union[str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends all of a principal's sessions but one: "log out everywhere". One that is checked out is being saved just now; it stays, and is counted apart."""
        params: Dict[str, Any] = {"principal": principal}
        if except_ is not UNSET:
            params["except"] = except_
        return cast(Dict[str, Any], self._call("session.deleteAll", params, common))

    def get(
        self,
        session_id: str,
        *,
        with_metadata: Maybe[bool] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a session: what was typed, where somebody is and how each step stands. It moves no end. Members that the flow calls sensitive are never in it."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if with_metadata is not UNSET:
            params["withMetadata"] = with_metadata
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.get", params, common))

    def go_to(
        self,
        session_id: str,
        step: str,
        *,
        patch: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Goes to a step of the session's flow: back always, forward only when everything that the step requires is complete; else INVALID_STEP says which step can be gone to. A patch is saved as a draft, so that nothing that was typed is lost."""
        params: Dict[str, Any] = {"sessionId": session_id, "step": step}
        if patch is not UNSET:
            params["patch"] = patch
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.goTo", params, common))

    def list(
        self,
        principal: str,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists a principal's sessions, the newest first. A page may have fewer than were asked for before the last."""
        params: Dict[str, Any] = {"principal": principal}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        return cast(Dict[str, Any], self._call("session.list", params, common))

    def release(
        self,
        session_id: str,
        receipt: str,
        *,
        error: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives back a session that the caller has checked out and could not save: it is open again, or dead when its attempts are used up."""
        params: Dict[str, Any] = {"sessionId": session_id, "receipt": receipt}
        if error is not UNSET:
            params["error"] = error
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.release", params, common))

    def reopen(
        self,
        ref: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Opens a session again whose attempts to be saved are used up: with all its attempts and its whole life."""
        params: Dict[str, Any] = {"ref": ref}
        return cast(Dict[str, Any], self._call("session.reopen", params, common))

    def rotate(
        self,
        session_id: str,
        *,
        principal: Maybe[str] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a session another id, and ends the old one: after a login, so that an id from before it opens nothing any more. Data, steps and ends stay as they are."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if principal is not UNSET:
            params["principal"] = principal
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.rotate", params, common))

    def touch(
        self,
        session_id: str,
        *,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Moves a session's idle end, never past the absolute one."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.touch", params, common))

    def update(
        self,
        session_id: str,
        *,
        patch: Maybe[Any] = UNSET,
        data: Maybe[Any] = UNSET,
        if_match: Maybe[str] = UNSET,
        only_if: Maybe[Union[Mapping[str, Any], bool]] = UNSET,
        touch: Maybe[bool] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Saves a draft: merges a patch into the session's data without losing what others change meanwhile, or replaces them. Never refused for what a schema says; but a completed step whose data no longer fit becomes invalid, one whose dependsOn has changed is open again, and so are those that require it. It neither makes a session live again that is over, nor changes how long one lives but for its idle end."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if patch is not UNSET:
            params["patch"] = patch
        if data is not UNSET:
            params["data"] = data
        if if_match is not UNSET:
            params["ifMatch"] = if_match
        if only_if is not UNSET:
            params["onlyIf"] = only_if
        if touch is not UNSET:
            params["touch"] = touch
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], self._call("session.update", params, common))


class AsyncSession(AsyncNamespace):
    """session.*"""

    async def commit(
        self,
        session_id: str,
        receipt: str,
        *,
        result: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a session that the caller has checked out and saved. Repeated with the same receipt it answers what it answered first, for a day: a form that is sent twice makes one thing. A lease that is over is no reason to refuse as long as nobody else has had the session and nothing was changed in it."""
        params: Dict[str, Any] = {"sessionId": session_id, "receipt": receipt}
        if result is not UNSET:
            params["result"] = result
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.commit", params, common))

    async def complete_step(
        self,
        session_id: str,
        step: str,
        *,
        patch: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Completes a step of the session's flow, and goes on to the next that applies and is not complete. Whether its turn has come, and whether the data fit, is checked here and never believed: INVALID_STEP says which step can be gone to, VALIDATION_FAILED everything that doesn't fit, and nothing is written then."""
        params: Dict[str, Any] = {"sessionId": session_id, "step": step}
        if patch is not UNSET:
            params["patch"] = patch
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.completeStep", params, common))

    async def create(
        self,
        *,
        flow: Maybe[str] = UNSET,
        data: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        principal: Maybe[Union[str, None]] = UNSET,
        ttl: Maybe[Union[int, str]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Begins a session: one person's way through a flow, or without a flow data that have a life and steps of any names. The id that this answers is all that is needed to use the session. Limited for each service (SESSION_RATE_LIMIT a minute) and for each metadata.ipAddress (SESSION_MAX_ATTEMPTS a minute, IPv6 by /64)."""
        params: Dict[str, Any] = {}
        if flow is not UNSET:
            params["flow"] = flow
        if data is not UNSET:
            params["data"] = data
        if metadata is not UNSET:
            params["metadata"] = metadata
        if principal is not UNSET:
            params["principal"] = principal
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], await self._call("session.create", params, common))

    async def dead(
        self,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        with_data: Maybe[bool] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists sessions whose attempts to be saved are used up, of the caller's own service and scope, the latest first, each with what the last release has said."""
        params: Dict[str, Any] = {}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        if with_data is not UNSET:
            params["withData"] = with_data
        return cast(Dict[str, Any], await self._call("session.dead", params, common))

    async def delete(
        self,
        *,
        session_id: Maybe[str] = UNSET,
        ref: Maybe[str] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends a session, and forgets its data; false with the reason when it is over. By its id, or by its ref."""
        params: Dict[str, Any] = {}
        if session_id is not UNSET:
            params["sessionId"] = session_id
        if ref is not UNSET:
            params["ref"] = ref
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.delete", params, common))

    async def delete_all(
        self,
        principal: str,
        *,
        except_: Maybe[Union[str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Ends all of a principal's sessions but one: "log out everywhere". One that is checked out is being saved just now; it stays, and is counted apart."""
        params: Dict[str, Any] = {"principal": principal}
        if except_ is not UNSET:
            params["except"] = except_
        return cast(Dict[str, Any], await self._call("session.deleteAll", params, common))

    async def get(
        self,
        session_id: str,
        *,
        with_metadata: Maybe[bool] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Reads a session: what was typed, where somebody is and how each step stands. It moves no end. Members that the flow calls sensitive are never in it."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if with_metadata is not UNSET:
            params["withMetadata"] = with_metadata
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.get", params, common))

    async def go_to(
        self,
        session_id: str,
        step: str,
        *,
        patch: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Goes to a step of the session's flow: back always, forward only when everything that the step requires is complete; else INVALID_STEP says which step can be gone to. A patch is saved as a draft, so that nothing that was typed is lost."""
        params: Dict[str, Any] = {"sessionId": session_id, "step": step}
        if patch is not UNSET:
            params["patch"] = patch
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.goTo", params, common))

    async def list(
        self,
        principal: str,
        *,
        cursor: Maybe[Union[str, None]] = UNSET,
        count: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Lists a principal's sessions, the newest first. A page may have fewer than were asked for before the last."""
        params: Dict[str, Any] = {"principal": principal}
        if cursor is not UNSET:
            params["cursor"] = cursor
        if count is not UNSET:
            params["count"] = count
        return cast(Dict[str, Any], await self._call("session.list", params, common))

    async def release(
        self,
        session_id: str,
        receipt: str,
        *,
        error: Maybe[Any] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives back a session that the caller has checked out and could not save: it is open again, or dead when its attempts are used up."""
        params: Dict[str, Any] = {"sessionId": session_id, "receipt": receipt}
        if error is not UNSET:
            params["error"] = error
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.release", params, common))

    async def reopen(
        self,
        ref: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Opens a session again whose attempts to be saved are used up: with all its attempts and its whole life."""
        params: Dict[str, Any] = {"ref": ref}
        return cast(Dict[str, Any], await self._call("session.reopen", params, common))

    async def rotate(
        self,
        session_id: str,
        *,
        principal: Maybe[str] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Gives a session another id, and ends the old one: after a login, so that an id from before it opens nothing any more. Data, steps and ends stay as they are."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if principal is not UNSET:
            params["principal"] = principal
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.rotate", params, common))

    async def touch(
        self,
        session_id: str,
        *,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Moves a session's idle end, never past the absolute one."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.touch", params, common))

    async def update(
        self,
        session_id: str,
        *,
        patch: Maybe[Any] = UNSET,
        data: Maybe[Any] = UNSET,
        if_match: Maybe[str] = UNSET,
        only_if: Maybe[Union[Mapping[str, Any], bool]] = UNSET,
        touch: Maybe[bool] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Saves a draft: merges a patch into the session's data without losing what others change meanwhile, or replaces them. Never refused for what a schema says; but a completed step whose data no longer fit becomes invalid, one whose dependsOn has changed is open again, and so are those that require it. It neither makes a session live again that is over, nor changes how long one lives but for its idle end."""
        params: Dict[str, Any] = {"sessionId": session_id}
        if patch is not UNSET:
            params["patch"] = patch
        if data is not UNSET:
            params["data"] = data
        if if_match is not UNSET:
            params["ifMatch"] = if_match
        if only_if is not UNSET:
            params["onlyIf"] = only_if
        if touch is not UNSET:
            params["touch"] = touch
        if metadata is not UNSET:
            params["metadata"] = metadata
        return cast(Dict[str, Any], await self._call("session.update", params, common))


class Streams(Namespace):
    """streams.*"""

    def ack(
        self,
        stream: str,
        group: str,
        ids: Sequence[str],
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Acknowledges messages: the group is done with them. Tells how many of them it had not acknowledged yet."""
        params: Dict[str, Any] = {"stream": stream, "group": group, "ids": ids}
        return cast(Dict[str, Any], self._call("streams.ack", params, common))

    def append(
        self,
        stream: str,
        message: Any,
        *,
        max_len: Maybe[int] = UNSET,
        approximate: Maybe[bool] = UNSET,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Appends a message to a stream, which is made if there is none, and wakes those who wait for it."""
        params: Dict[str, Any] = {"stream": stream, "message": message}
        if max_len is not UNSET:
            params["maxLen"] = max_len
        if approximate is not UNSET:
            params["approximate"] = approximate
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], self._call("streams.append", params, common))

    def ensure(
        self,
        stream: str,
        group: str,
        *,
        start_id: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Makes a group of consumers, and a stream for it, if there is none; tells whether the group is new."""
        params: Dict[str, Any] = {"stream": stream, "group": group}
        if start_id is not UNSET:
            params["startId"] = start_id
        return cast(Dict[str, Any], self._call("streams.ensure", params, common))

    def length(
        self,
        stream: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Counts a stream's messages; a stream that is not there has none."""
        params: Dict[str, Any] = {"stream": stream}
        return cast(Dict[str, Any], self._call("streams.length", params, common))

    def pending(
        self,
        stream: str,
        group: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells what a group has read and not acknowledged. Of more than 1,000 consumers the first 1,000 are named."""
        params: Dict[str, Any] = {"stream": stream, "group": group}
        return cast(Dict[str, Any], self._call("streams.pending", params, common))

    def read(
        self,
        stream: str,
        group: str,
        consumer: str,
        *,
        count: Maybe[int] = UNSET,
        block_ms: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Hands a consumer messages that nobody of its group was handed before, oldest first, and waits for some if there are none."""
        params: Dict[str, Any] = {"stream": stream, "group": group, "consumer": consumer}
        if count is not UNSET:
            params["count"] = count
        if block_ms is not UNSET:
            params["blockMs"] = block_ms
        return cast(Dict[str, Any], self._call("streams.read", params, common))

    def reclaim(
        self,
        stream: str,
        group: str,
        consumer: str,
        *,
        min_idle_ms: Maybe[int] = UNSET,
        count: Maybe[int] = UNSET,
        max_deliveries: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Hands a consumer messages that others of its group have not acknowledged for too long; what was handed over too often is moved to the stream's dead letters."""
        params: Dict[str, Any] = {"stream": stream, "group": group, "consumer": consumer}
        if min_idle_ms is not UNSET:
            params["minIdleMs"] = min_idle_ms
        if count is not UNSET:
            params["count"] = count
        if max_deliveries is not UNSET:
            params["maxDeliveries"] = max_deliveries
        return cast(Dict[str, Any], self._call("streams.reclaim", params, common))


class AsyncStreams(AsyncNamespace):
    """streams.*"""

    async def ack(
        self,
        stream: str,
        group: str,
        ids: Sequence[str],
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Acknowledges messages: the group is done with them. Tells how many of them it had not acknowledged yet."""
        params: Dict[str, Any] = {"stream": stream, "group": group, "ids": ids}
        return cast(Dict[str, Any], await self._call("streams.ack", params, common))

    async def append(
        self,
        stream: str,
        message: Any,
        *,
        max_len: Maybe[int] = UNSET,
        approximate: Maybe[bool] = UNSET,
        ttl: Maybe[Union[int, str, None]] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Appends a message to a stream, which is made if there is none, and wakes those who wait for it."""
        params: Dict[str, Any] = {"stream": stream, "message": message}
        if max_len is not UNSET:
            params["maxLen"] = max_len
        if approximate is not UNSET:
            params["approximate"] = approximate
        if ttl is not UNSET:
            params["ttl"] = ttl
        return cast(Dict[str, Any], await self._call("streams.append", params, common))

    async def ensure(
        self,
        stream: str,
        group: str,
        *,
        start_id: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Makes a group of consumers, and a stream for it, if there is none; tells whether the group is new."""
        params: Dict[str, Any] = {"stream": stream, "group": group}
        if start_id is not UNSET:
            params["startId"] = start_id
        return cast(Dict[str, Any], await self._call("streams.ensure", params, common))

    async def length(
        self,
        stream: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Counts a stream's messages; a stream that is not there has none."""
        params: Dict[str, Any] = {"stream": stream}
        return cast(Dict[str, Any], await self._call("streams.length", params, common))

    async def pending(
        self,
        stream: str,
        group: str,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells what a group has read and not acknowledged. Of more than 1,000 consumers the first 1,000 are named."""
        params: Dict[str, Any] = {"stream": stream, "group": group}
        return cast(Dict[str, Any], await self._call("streams.pending", params, common))

    async def read(
        self,
        stream: str,
        group: str,
        consumer: str,
        *,
        count: Maybe[int] = UNSET,
        block_ms: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Hands a consumer messages that nobody of its group was handed before, oldest first, and waits for some if there are none."""
        params: Dict[str, Any] = {"stream": stream, "group": group, "consumer": consumer}
        if count is not UNSET:
            params["count"] = count
        if block_ms is not UNSET:
            params["blockMs"] = block_ms
        return cast(Dict[str, Any], await self._call("streams.read", params, common))

    async def reclaim(
        self,
        stream: str,
        group: str,
        consumer: str,
        *,
        min_idle_ms: Maybe[int] = UNSET,
        count: Maybe[int] = UNSET,
        max_deliveries: Maybe[int] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Hands a consumer messages that others of its group have not acknowledged for too long; what was handed over too often is moved to the stream's dead letters."""
        params: Dict[str, Any] = {"stream": stream, "group": group, "consumer": consumer}
        if min_idle_ms is not UNSET:
            params["minIdleMs"] = min_idle_ms
        if count is not UNSET:
            params["count"] = count
        if max_deliveries is not UNSET:
            params["maxDeliveries"] = max_deliveries
        return cast(Dict[str, Any], await self._call("streams.reclaim", params, common))


class System(Namespace):
    """system.*"""

    def health(
        self,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells how the sidecar is, and the reason for each thing that is not well: the store and its round trip, memory (in all, what clients have the sidecar hold beside the store and who most of it, and the store's), the share of calls that failed and over which time (about the last minute). Remarks are things worth knowing that nothing is wrong with."""
        params: Dict[str, Any] = {}
        return cast(Dict[str, Any], self._call("system.health", params, common))

    def hello(
        self,
        *,
        service: Maybe[str] = UNSET,
        client: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells who the caller is to the sidecar, and picks one of the services that the policy allows it; without a policy, a service of any name of 1 to 64 of A-Z a-z 0-9 . _ -. Answers the limits as well: the bytes of a request (frameBytes), of a reply, a key, a record's data and a token, the members of a batch, how deep JSON may be nested, and how many calls of the connection may be under way before it is read no further."""
        params: Dict[str, Any] = {}
        if service is not UNSET:
            params["service"] = service
        if client is not UNSET:
            params["client"] = client
        return cast(Dict[str, Any], self._call("system.hello", params, common))

    def metrics(
        self,
        **common: Unpack[Common],
    ) -> str:
        """Answers the metrics in Prometheus' text format, as one string."""
        params: Dict[str, Any] = {}
        return cast(str, self._call("system.metrics", params, common))

    def ping(
        self,
        **common: Unpack[Common],
    ) -> Any:
        """Answers "pong", without asking the store."""
        params: Dict[str, Any] = {}
        return self._call("system.ping", params, common)


class AsyncSystem(AsyncNamespace):
    """system.*"""

    async def health(
        self,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells how the sidecar is, and the reason for each thing that is not well: the store and its round trip, memory (in all, what clients have the sidecar hold beside the store and who most of it, and the store's), the share of calls that failed and over which time (about the last minute). Remarks are things worth knowing that nothing is wrong with."""
        params: Dict[str, Any] = {}
        return cast(Dict[str, Any], await self._call("system.health", params, common))

    async def hello(
        self,
        *,
        service: Maybe[str] = UNSET,
        client: Maybe[str] = UNSET,
        **common: Unpack[Common],
    ) -> Dict[str, Any]:
        """Tells who the caller is to the sidecar, and picks one of the services that the policy allows it; without a policy, a service of any name of 1 to 64 of A-Z a-z 0-9 . _ -. Answers the limits as well: the bytes of a request (frameBytes), of a reply, a key, a record's data and a token, the members of a batch, how deep JSON may be nested, and how many calls of the connection may be under way before it is read no further."""
        params: Dict[str, Any] = {}
        if service is not UNSET:
            params["service"] = service
        if client is not UNSET:
            params["client"] = client
        return cast(Dict[str, Any], await self._call("system.hello", params, common))

    async def metrics(
        self,
        **common: Unpack[Common],
    ) -> str:
        """Answers the metrics in Prometheus' text format, as one string."""
        params: Dict[str, Any] = {}
        return cast(str, await self._call("system.metrics", params, common))

    async def ping(
        self,
        **common: Unpack[Common],
    ) -> Any:
        """Answers "pong", without asking the store."""
        params: Dict[str, Any] = {}
        return await self._call("system.ping", params, common)
