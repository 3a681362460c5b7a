"""The asyncio client, against a real sidecar in memory and on Redis."""

import asyncio
import unittest

from support import SidecarCase

from cloakroom import AsyncRoom, Gap, _aio, errors


def in_loop(method):
    def run(self):
        async def body():
            async with AsyncRoom(self.sidecar.path) as room, AsyncRoom(self.proxy.path) as lossy:
                await asyncio.wait_for(method(self, room, lossy), 30)

        asyncio.run(body())

    return run


class InMemory(SidecarCase):
    @in_loop
    async def test_a_thousand_calls_at_once_share_one_connection(self, room, lossy):
        answers = await asyncio.gather(*(room.counter.increment("many") for _ in range(1000)))
        self.assertEqual(sorted(a["value"] for a in answers), list(range(1, 1001)))

    @in_loop
    async def test_large_values_come_back_whole(self, room, lossy):
        values = ["x" * 1_000_000, b"\x00" * 300_000, [2**70, [], {}]]
        await asyncio.gather(*(room.kv.set(f"large:{i}", v) for i, v in enumerate(values)))
        found = await asyncio.gather(*(room.kv.get(f"large:{i}") for i in range(len(values))))
        self.assertEqual([f["value"] for f in found], values)

    @in_loop
    async def test_a_lost_answer_is_asked_for_again_and_done_once(self, room, lossy):
        self.proxy.lose(2)
        self.assertEqual((await lossy.counter.increment("once"))["value"], 1)
        self.assertEqual((await room.counter.get("once"))["value"], 1)

    @in_loop
    async def test_what_is_bound_to_the_connection_is_never_repeated(self, room, lossy):
        await lossy.system.ping()
        self.proxy.lose(1)
        with self.assertRaises(errors.OutcomeUnknown):
            await lossy.claim.once("bound", "me", bind_to_connection=True)

    @in_loop
    async def test_a_connection_that_was_ready_after_its_callers_time_is_the_next_calls(self, room, lossy):
        before = self.proxy.accepted
        self.proxy.add({"proxy": "delay", "seconds": 0.2, "method": "system.hello"})
        with self.assertRaises(errors.CloakroomError):
            await lossy.system.ping(timeout=0.05)
        await lossy._transport._opening[1]
        self.assertEqual(await lossy.system.ping(), "pong")
        self.assertEqual(self.proxy.accepted - before, 1)

    @in_loop
    async def test_a_connection_that_is_ready_after_the_rooms_close_is_closed(self, room, lossy):
        self.proxy.add({"proxy": "delay", "seconds": 0.2, "method": "system.hello"})
        with self.assertRaises(errors.CloakroomError):
            await lossy.system.ping(timeout=0.05)
        await lossy.close()
        with self.assertRaises((errors.Unavailable, OSError)):
            await lossy._transport._opening[1]
        mine = [held for held in _aio._live if held._loop is asyncio.get_running_loop()]
        self.assertTrue(all(connection.lost for connection in mine))

    @in_loop
    async def test_a_request_to_a_connection_that_was_closed_already_was_not_sent(self, room, lossy):
        async def claim(name):
            self.assertTrue((await lossy.claim.once(name, "me", bind_to_connection=True))["claimed"])

        await lossy.system.ping()
        self.proxy.cut()
        # The loop writes before it reads that the other side has gone.
        await claim("closed:alone")
        self.proxy.cut()
        # It reads that first.
        await asyncio.gather(*(claim(f"closed:{number}") for number in range(3)))

    @in_loop
    async def test_a_cancelled_call_costs_nobody_its_connection(self, room, lossy):
        await room.claim.once("held", "one")
        waiting = asyncio.ensure_future(room.claim.once("held", "two", wait_ms=5000))
        await room.system.ping()
        connection = room._transport._connection
        waiting.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiting
        self.assertEqual(connection._waiting, {})
        self.assertEqual(await room.system.ping(), "pong")
        self.assertIs(room._transport._connection, connection)

    @in_loop
    async def test_a_call_whose_time_is_over_says_so(self, room, lossy):
        await room.claim.once("busy", "one")
        # On a busy machine the sidecar's word may come too late: then it is not known, and tried again.
        for _ in range(10):
            with self.assertRaises((errors.DeadlineExceeded, errors.OutcomeUnknown)) as told:
                await room.claim.once("busy", "two", wait_ms=5000, timeout=0.2)
            if isinstance(told.exception, errors.DeadlineExceeded):
                break
        self.assertIsInstance(told.exception, errors.DeadlineExceeded)

    @in_loop
    async def test_close_ends_the_calls_under_way(self, room, lossy):
        await room.claim.once("closing", "one")
        waiting = asyncio.ensure_future(room.claim.once("closing", "two", wait_ms=5000))
        await room.system.ping()
        await room.close()
        with self.assertRaises(errors.OutcomeUnknown):
            await waiting
        with self.assertRaises(errors.Unavailable):
            await room.system.ping()

    @in_loop
    async def test_the_comforts_work_as_in_threads(self, room, lossy):
        async with room.claim("comfort", ttl="600ms") as claim:
            await asyncio.sleep(1.0)
            self.assertFalse(claim.lost)
        self.assertFalse((await room.claim.inspect("comfort"))["held"])
        async with room.idempotent("comfort") as guard:
            guard.result = 1
        async with room.idempotent("comfort") as guard:
            self.assertEqual((guard.new, guard.result), (False, 1))
        calls = []

        @room.cached(ttl=60)
        async def double(number):
            calls.append(number)
            return 2 * number

        self.assertEqual([await double(2), await double(2), calls], [4, 4, [2]])
        token = (await room.pending.create(operation_type="q", data=1, backend="store"))["token"]
        with self.assertRaises(ZeroDivisionError):
            async with room.pending.checkout(token, "q"):
                raise ZeroDivisionError
        async with room.pending.checkout(token, "q") as operation:
            self.assertEqual((operation.data, operation.attempt), (1, 2))
        await room.streams.append("comfort", 1)
        data = [m.data async for m in room.streams.group("comfort", "g", "c", forever=False)]
        self.assertEqual(data, [1])
        self.assertEqual((await room.streams.pending("comfort", "g"))["count"], 0)

    @in_loop
    async def test_events_go_on_after_a_restart_and_the_gap_is_told(self, room, lossy):
        async with room.events.subscribe("news") as subscription:
            await room.events.publish("news", 1)
            self.assertEqual((await subscription.next()).data, 1)
            self.sidecar.stop()
            self.sidecar.start()
            self.assertEqual(await subscription.next(), Gap("reconnected"))
            self.assertEqual((await room.events.publish("news", 2))["receivers"], 1)
            self.assertEqual((await subscription.next()).data, 2)

    @in_loop
    async def test_a_sidecar_that_comes_late_is_waited_for(self, room, lossy):
        self.sidecar.stop()
        asyncio.get_running_loop().call_later(0.3, self.sidecar.start)
        self.assertEqual(await asyncio.gather(*(room.system.ping() for _ in range(50))), ["pong"] * 50)


class OnRedis(InMemory):
    store = "redis"


if __name__ == "__main__":
    unittest.main()
