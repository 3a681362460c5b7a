"""What is too much, for the sidecar and for the client; and answers that say not what they are to."""

import asyncio
import shutil
import tempfile
import threading
import time
import unittest

from fake import FakeSidecar, error, result
from support import Sidecar, SidecarCase, wait_until

from cloakroom import AsyncRoom, Room, errors
from cloakroom._call import MAX_REPLY, MAX_WAITING


class Threads:
    """A call by the blocking client."""

    def setUp(self):
        super().setUp()
        self.rooms = {}

    def tearDown(self):
        for room in self.rooms.values():
            room.close()
        super().tearDown()

    def call(self, path, method, params, **common):
        room = self.rooms.setdefault(path, Room(path))
        return room.call(method, params, **common)


class Tasks:
    """A call by the client for asyncio, with all of a test's calls in one loop."""

    def setUp(self):
        super().setUp()
        self.loop = asyncio.new_event_loop()
        self.rooms = {}

    def tearDown(self):
        async def close():
            for room in self.rooms.values():
                await room.close()
            await asyncio.sleep(0)

        self.loop.run_until_complete(close())
        self.loop.close()
        super().tearDown()

    def call(self, path, method, params, **common):
        room = self.rooms.setdefault(path, AsyncRoom(path))
        return self.loop.run_until_complete(room.call(method, params, **common))


class WithSidecar(SidecarCase):
    def refused_unsent(self, method, params):
        before, begin = len(self.proxy.seen), time.monotonic()
        with self.assertRaises(errors.TooLarge) as raised:
            self.call(self.proxy.path, method, params)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(len(self.proxy.seen), before)
        self.assertNotIn("xx", str(raised.exception))
        self.assertEqual(self.call(self.proxy.path, "system.ping", {}), "pong")

    def test_a_request_of_more_than_a_frame_is_not_sent(self):
        self.refused_unsent("kv.set", {"key": "large", "value": "x" * (4 << 20)})
        self.assertFalse(self.call(self.proxy.path, "kv.exists", {"key": "large"}))

    def test_a_batch_of_more_than_its_limit_is_not_sent(self):
        keys = [f"k{number}" for number in range(1001)]
        self.refused_unsent("batch.get", {"keys": keys})
        self.refused_unsent("batch.remove", {"keys": tuple(keys)})
        self.refused_unsent("batch.set", {"entries": [{"key": key, "value": "xx"} for key in keys]})
        self.assertEqual(len(self.call(self.proxy.path, "batch.get", {"keys": keys[:1000]})), 1000)

    def test_a_value_that_is_nested_too_deep_is_refused_by_the_sidecar_at_once(self):
        value = []
        for _ in range(200):
            value = [value]
        with self.assertRaises(errors.TooLarge):
            self.call(self.sidecar.path, "kv.set", {"key": "deep", "value": value})

    def test_a_method_of_any_name_is_one_that_there_is_not(self):
        for name in ('no"such', "no\nsuch", "no\\such", "é"):
            with self.assertRaises(errors.MethodNotFound):
                self.call(self.sidecar.path, name, {})

    def test_a_sidecar_without_room_for_a_connection_says_so(self):
        folder = tempfile.mkdtemp(prefix="cloakroom-py-")
        full = Sidecar(folder)
        full.options = ["--set", "limits.connections=1"]
        try:
            full.start()
            with Room(full.path) as first:
                first.system.ping()
                # And not, when all of its time is over, that there is none.
                with self.assertRaises(errors.Overloaded):
                    self.call(full.path, "system.ping", {})
        finally:
            full.end()
            shutil.rmtree(folder)


class InThreads(Threads, WithSidecar):
    pass


class InTasks(Tasks, WithSidecar):
    pass


class WithFake(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="cloakroom-py-")
        self.path = f"{self.folder}/f.sock"
        self.fakes = 0

    def tearDown(self):
        super().tearDown()
        shutil.rmtree(self.folder)

    def start(self, answer, **limits):
        if self.fakes:
            self.path = f"{self.folder}/f{self.fakes}.sock"
        self.fakes += 1
        fake = FakeSidecar(self.path, answer, **limits)
        self.addCleanup(fake.close)
        return fake

    def test_the_frames_limit_holds_to_the_byte(self):
        lengths = []
        fake = self.start(lambda m, _: result(m, lengths.append(len(m["params"]["value"]))), frameBytes=500)
        # The time that is left stands in the request, by as many digits.
        for length in range(500):
            try:
                self.call(self.path, "kv.set", {"key": "k", "value": "x" * length})
            except errors.TooLarge as fault:
                self.assertIn("kv.set has 501 bytes", str(fault))
                break
        self.assertEqual(lengths, list(range(length)))
        self.assertEqual(len(fake.seen), length)

    def test_an_error_without_an_id_is_that_of_the_only_call(self):
        for reason, kind in (("PARSE_ERROR", errors.ParseError), ("TOO_LARGE", errors.TooLarge)):
            with self.subTest(reason):
                fake = self.start(lambda m, _, reason=reason: error(reason))
                for method in ("kv.get", "kv.take", "claim.once"):
                    begin = time.monotonic()
                    with self.assertRaises(kind):
                        self.call(self.path, method, {"bindToConnection": True})
                    self.assertLess(time.monotonic() - begin, 5)
                self.assertEqual((fake.connections, len(fake.seen)), (1, 3))

    def test_beside_calls_that_were_given_up_it_is_nobodys_and_each_goes_by_its_effect(self):
        def answer(message, number):
            if message["method"] == "system.health":
                return None
            if message["method"] == "system.ping":
                return result(message, "pong")
            return error("PARSE_ERROR") if number == 1 else result(message, number)

        for method, params, outcome in (
            ("kv.get", {"key": "k"}, 2),
            ("counter.increment", {"key": "k"}, 2),
            ("claim.once", {"bindToConnection": True}, errors.OutcomeUnknown),
        ):
            with self.subTest(method):
                fake = self.start(answer)
                # To connect takes none of the little time that the next call has.
                self.call(self.path, "system.ping", {})
                fake.seen.clear()
                with self.assertRaises(errors.DeadlineExceeded):
                    self.call(self.path, "system.health", {}, timeout=0.1)
                if outcome == 2:
                    self.assertEqual(self.call(self.path, method, params), 2)
                    self.assertEqual(fake.seen, ["system.health", method, method])
                else:
                    with self.assertRaises(outcome):
                        self.call(self.path, method, params)
                    self.assertEqual(fake.seen, ["system.health", method])

    def test_a_reply_past_the_limit_is_refused_and_the_next_call_works(self):
        whole = b"x" * (MAX_REPLY + (1 << 20))

        def answer(message, number):
            if message["method"] == "system.ping":
                return result(message, "pong")
            return b'{"jsonrpc":"2.0","id":%d,"result":"' % message["id"] + whole + b'"}\n'

        fake = self.start(answer)
        with self.assertRaisesRegex(errors.TooLarge, "67108864 bytes"):
            self.call(self.path, "kv.get", {"key": "k"}, timeout=60)
        with self.assertRaisesRegex(errors.OutcomeUnknown, "67108864 bytes"):
            self.call(self.path, "kv.take", {"key": "k"}, timeout=60)
        self.assertEqual(self.call(self.path, "system.ping", {}), "pong")
        self.assertEqual(fake.seen, ["kv.get", "kv.take", "system.ping"])

    def test_a_reply_just_below_the_limit_is_taken(self):
        text = "x" * (MAX_REPLY - (1 << 20))
        self.start(lambda m, _: result(m, text))
        self.assertEqual(self.call(self.path, "kv.get", {"key": "k"}, timeout=60), text)

    def test_a_reply_that_is_nested_too_deep_costs_its_call_alone(self):
        def answer(message, number):
            if message["method"] == "system.ping":
                return result(message, "pong")
            depth = 200_000
            return (
                b'{"jsonrpc":"2.0","id":%d,"result":' % message["id"] + b"[" * depth + b"]" * depth + b"}\n"
            )

        fake = self.start(answer)
        with self.assertRaisesRegex(errors.TooLarge, "nested"):
            self.call(self.path, "kv.get", {"key": "k"})
        with self.assertRaisesRegex(errors.OutcomeUnknown, "nested"):
            self.call(self.path, "kv.take", {"key": "k"})
        self.assertEqual(self.call(self.path, "system.ping", {}), "pong")
        self.assertEqual(fake.connections, 1)

    def test_a_call_that_may_have_been_done_is_never_told_that_nothing_was(self):
        """The first attempt is sent and lost; then there is no sidecar, or one that refuses."""
        answers = {1: None, 2: error("UNAVAILABLE")}

        def answer(message, number):
            if number == 1:
                raise OSError  # Closes the connection.
            return answers[2].replace(b"null", str(message["id"]).encode())

        self.start(answer)
        with self.assertRaises(errors.OutcomeUnknown):
            self.call(self.path, "claim.once", {"bindToConnection": True}, timeout=1)
        with self.assertRaises(errors.Unavailable):
            self.call(self.path, "kv.set", {"key": "k", "value": 1}, timeout=1)


class FakeInThreads(Threads, WithFake):
    def test_the_next_one_is_refused_at_once_when_1024_calls_wait(self):
        room = self.rooms.setdefault(self.path, Room(self.path))
        room._transport._waiting = MAX_WAITING
        self.addCleanup(setattr, room._transport, "_waiting", 0)
        begin = time.monotonic()
        with self.assertRaisesRegex(errors.Overloaded, "1024 calls wait"):
            self.call(self.path, "system.ping", {})
        self.assertLess(time.monotonic() - begin, 5)
        # The call that there was still room for leaves it as it was.
        room._transport._waiting = MAX_WAITING - 1
        with self.assertRaises(errors.Unavailable):
            self.call(self.path, "system.ping", {}, timeout=0.1)
        self.assertEqual(room._transport._waiting, MAX_WAITING - 1)

    def test_a_call_that_waits_is_counted(self):
        room = self.rooms.setdefault(self.path, Room(self.path))
        thread = threading.Thread(target=lambda: self.assertEqual(room.system.ping(), "pong"))
        thread.start()
        wait_until(lambda: room._transport._waiting == 1)
        self.start(lambda m, _: result(m, "pong"))
        thread.join()
        self.assertEqual(room._transport._waiting, 0)


class FakeInTasks(Tasks, WithFake):
    def test_when_1024_calls_wait_the_others_are_refused_at_once(self):
        async def body():
            async with AsyncRoom(self.path) as room:
                begin = time.monotonic()
                calls = [asyncio.ensure_future(room.system.ping(timeout=20)) for _ in range(MAX_WAITING + 76)]
                # One that looks whether there is a sidecar may lose its place to another meanwhile.
                while sum(call.done() for call in calls) < 76:
                    self.assertLess(time.monotonic() - begin, 10)
                    await asyncio.sleep(0.01)
                self.assertEqual(
                    {type(call.exception()) for call in calls if call.done()}, {errors.Overloaded}
                )
                self.start(lambda m, _: result(m, "pong"))
                answers = await asyncio.gather(*calls, return_exceptions=True)
                self.assertEqual(sum(answer == "pong" for answer in answers), MAX_WAITING)
                self.assertEqual(room._transport._waiting, 0)

        self.loop.run_until_complete(body())

    def test_calls_that_begin_while_the_connection_is_made_share_it(self):
        fake = self.start(lambda m, _: result(m, "pong"))

        async def ping(room, turns):
            # One of them begins just when the connection is there, and those that wait for it don't know yet.
            for _ in range(turns):
                await asyncio.sleep(0)
            return await room.system.ping()

        async def body():
            async with AsyncRoom(self.path) as room:
                return await asyncio.gather(*(ping(room, turns) for turns in range(500)))

        self.assertEqual(set(self.loop.run_until_complete(body())), {"pong"})
        self.assertEqual(fake.connections, 1)

    def test_of_many_calls_the_one_that_could_not_be_read_alone_fails_and_a_bound_one_is_not_repeated(self):
        gathered = []

        def answer(message, number):
            if number == 1:
                # All of them are open when one turns out to be unreadable.
                gathered.append(message["method"])
                return error("PARSE_ERROR") if len(gathered) == 12 else None
            return error("PARSE_ERROR") if message["method"] == "bad" else result(message, "pong")

        fake = self.start(answer)

        async def body():
            async with AsyncRoom(self.path) as room:
                calls = [room.system.ping() for _ in range(10)]
                bad = room.call("kv.get", {"key": "k"})
                bound = room.claim.once("k", "me", bind_to_connection=True)
                return await asyncio.gather(*calls, bad, bound, return_exceptions=True)

        answers = self.loop.run_until_complete(body())
        self.assertEqual(answers[:11], ["pong"] * 11)
        self.assertIsInstance(answers[11], errors.OutcomeUnknown)
        self.assertEqual(fake.connections, 12)

    def test_who_is_at_fault_is_told_on_a_connection_of_its_own(self):
        gathered = []

        def answer(message, number):
            if number == 1:
                gathered.append(message["method"])
                return error("PARSE_ERROR") if len(gathered) == 2 else None
            return error("PARSE_ERROR") if message["method"] == "kv.take" else result(message, "pong")

        self.start(answer)

        async def body():
            async with AsyncRoom(self.path) as room:
                return await asyncio.gather(room.system.ping(), room.kv.take("k"), return_exceptions=True)

        answers = self.loop.run_until_complete(body())
        self.assertEqual(answers[0], "pong")
        self.assertIsInstance(answers[1], errors.ParseError)


del WithSidecar, WithFake

if __name__ == "__main__":
    unittest.main()
